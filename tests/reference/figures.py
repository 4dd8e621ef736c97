"""Every per-job figure of docs/definitions.md section 2, the counts of section 4, and the attempts behind them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from tests.reference.attempts import Attempt
from tests.reference.instances import merge_instances
from tests.reference.merged import Job, merge_jobs
from tests.reference.pricing import PricingSettings, Rate, build_price_book, charge_attempt, find_free_instances
from tests.reference.progress import Parts, carried_parts, successful_restore
from tests.reference.said import Said
from tests.reference.shares import find_shares

CLOCK_SKEW_SECONDS = 300.0
STALE_AFTER = timedelta(hours=168)
INTERRUPTED = ("reclaimed", "host_lost")
NOT_OF_FARGATE = (
    *("instance_hours", "cost_usd", "on_demand_savings_usd", "on_demand_net_savings_usd"),
    *("saved_cpu_hours", "saved_cost_usd"),
)
Figures = dict[str, float | None]


@dataclass
class JobReport:
    """One job (no parent) with all its figures.

    Attributes:
        rates: one for each attempt, in order.
        protections: outcome → reclaimed attempts.
        checkpoints: (succeeded, failed); restores likewise.
    """

    job: Job
    rates: list[Rate]
    figures: Figures
    protections: Counter[str]
    checkpoints: tuple[int, int]
    restores: tuple[int, int]

    @property
    def has_ended_attempt(self) -> bool:
        """Whether cost and savings apply to the job, if it is one of EC2."""
        return any(attempt.has_ended for attempt in self.job.ran)


def report_jobs(said: Sequence[Said], settings: PricingSettings | None = None) -> dict[str, JobReport]:
    """Reports by job id, parents left out."""
    settings = settings or PricingSettings()
    instances = merge_instances(said)
    jobs = merge_jobs(said, instances)
    book, free = build_price_book(said, settings), find_free_instances(jobs, instances)
    shares = find_shares(jobs, instances, said)
    reports = {}
    for job in jobs:
        if not job.is_parent:
            rates = [charge_attempt(one, book, free, shares[job.job_id, one.number]) for one in job.attempts]
            reports[job.job_id] = _report(job, rates)
    return reports


def is_stale(report: JobReport, as_of: datetime, after: timedelta = STALE_AFTER) -> bool:
    """Whether it is a running job of which nothing was heard for longer than `after`."""
    heard = report.job.heard_at
    return report.job.status == "RUNNING" and heard is not None and as_of - heard > after


def running_figures(report: JobReport, as_of: datetime) -> Figures:
    """Open work up to `as_of`: running_cpu_hours and running_cost_usd of a running job, else zeros."""
    job = report.job
    if job.status != "RUNNING" or is_stale(report, as_of):
        return {"running_cpu_hours": 0.0, "running_cost_usd": 0.0}
    seconds, vcpus = seconds_between(job.started_at, as_of), job.fields["vcpus"]
    costs = [
        _times(seconds_between(attempt.started_at, as_of), rate.paid)
        for attempt, rate in zip(job.attempts, report.rates, strict=True)
        if attempt.is_open
    ]
    return {
        "running_cpu_hours": _hours(_times(vcpus, seconds)),
        "running_cost_usd": _hours(_sum(costs)),
    }


def seconds_between(start: datetime | None, end: datetime | None) -> float | None:
    """Seconds of end − start; up to 5 minutes backwards is clock skew and 0, more is unknown."""
    if start is None or end is None:
        return None
    seconds = (end - start).total_seconds()
    return None if seconds < -CLOCK_SKEW_SECONDS else max(0.0, seconds)


def _report(job: Job, rates: list[Rate]) -> JobReport:
    return JobReport(
        job=job,
        rates=rates,
        figures=_figures(job, rates),
        protections=Counter(_outcome(job, attempt) for attempt in job.ran if attempt.end_reason == "reclaimed"),
        checkpoints=_tally([one.succeeded for one in job.checkpoints]),
        restores=_tally([one.succeeded for one in job.restores]),
    )


def _figures(job: Job, rates: list[Rate]) -> Figures:
    vcpus = job.fields["vcpus"]
    of = {one.number: rate for one, rate in zip(job.attempts, rates, strict=True)}
    ended = [(one, of[one.number]) for one in job.ran if one.has_ended]
    hours = [_hours(_run_seconds(one)) for one, _ in ended]
    runtime = None
    if job.has_ended and not job.carried_nothing:
        runtime = seconds_between(job.started_at, job.completed_at)
    parts = _parts(job)
    saved = _total(parts)
    spot_saved = _spot_saved(job, parts)
    latest = of[job.ran[-1].number] if job.ran else Rate()
    overhead = _sum(
        [one.duration_seconds for one in job.checkpoints if one.succeeded is not None]
        + [one.duration_seconds for one in job.restores if one.succeeded is not None]
    )
    cost = _sum([_times(h, rate.paid) for h, (_, rate) in zip(hours, ended, strict=True)]) if ended else None
    figures = {
        "runtime_seconds": runtime,
        "cpu_hours": _hours(_times(vcpus, runtime)),
        "instance_hours": _sum(hours) if ended else None,
        "cost_usd": cost,
        "saved_seconds": saved,
        "spot_saved_seconds": spot_saved,
        "saved_cpu_hours": 0.0 if spot_saved == 0 else _hours(_times(vcpus, spot_saved)),
        "saved_cost_usd": 0.0 if spot_saved == 0 else _hours(_times(latest.before_free_hour, spot_saved)),
        "on_demand_savings_usd": _sum([_on_demand_saving(a, r) for a, r in ended]) if ended else None,
        "lost_seconds": _lost(job, parts),
        "waiting_seconds": _waiting(job),
        "overhead_seconds": overhead,
        "net_saved_seconds": _minus(saved, overhead),
        "on_demand_net_savings_usd": _on_demand_net(job, latest, saved, cost),
    }
    if job.platform == "FARGATE":
        figures |= dict.fromkeys(NOT_OF_FARGATE)
    return figures


def _parts(job: Job) -> Parts | None:
    """What was carried into the latest attempt, by the attempt in which it was made."""
    if job.carried_nothing or not job.ran:
        return {}
    return carried_parts(job, job.ran[-1].number)


def _total(parts: Parts | None) -> float | None:
    return None if parts is None else sum(parts.values(), 0.0)


def _spot_saved(job: Job, parts: Parts | None) -> float | None:
    before = job.ran[:-1]
    last = max([one.number for one in before if one.end_reason == "reclaimed"], default=0)
    perhaps = max([one.number for one in before if one.end_reason is None and one.number > last], default=last)
    if parts is None:
        return 0.0 if perhaps == 0 else None
    certain, possible = (sum((s for n, s in parts.items() if n <= bound), 0.0) for bound in (last, perhaps))
    return certain if certain == possible else None


def _on_demand_saving(attempt: Attempt, rate: Rate) -> float | None:
    if attempt.purchase_option == "on-demand":
        return 0.0
    if attempt.purchase_option != "spot":
        return None
    return _hours(_times(_run_seconds(attempt), _minus(rate.on_demand, rate.paid)))


def _lost(job: Job, parts: Parts | None) -> float | None:
    if not job.ran:
        return 0.0
    *before, latest = job.ran
    lost_in = [one for one in before if one.end_reason in (*INTERRUPTED, None)]
    if latest.end_reason in ("reclaimed", None) and job.status == "FAILED":
        lost_in.append(latest)
    if any(one.end_reason is None for one in lost_in) or (lost_in and parts is None):
        return None
    losses = [_minus(_run_seconds(one), (parts or {}).get(one.number, 0.0)) for one in lost_in]
    return _sum([None if loss is None else max(0.0, loss) for loss in losses])


def _waiting(job: Job) -> float | None:
    gaps = [seconds_between(before.ended_at, after.started_at) for before, after in pairwise(job.ran)]
    return _sum([seconds_between(job.fields["submitted_at"], job.started_at), *gaps])


def _on_demand_net(job: Job, latest_rate: Rate, saved: float | None, cost: float | None) -> float | None:
    if job.status != "SUCCEEDED" or not job.ran:
        return None
    latest = job.ran[-1]
    restore = successful_restore(job, latest.number)
    work = _minus(_run_seconds(latest), restore.duration_seconds if restore else 0.0)
    return _minus(_hours(_times(latest_rate.on_demand, _sum([saved, work]))), cost)


def _outcome(job: Job, attempt: Attempt) -> str:
    following = next((one for one in job.ran if one.number > attempt.number), None)
    into_next = [one for one in job.restores if following and one.attempt == following.number]
    if not job.checkpoints and not job.restores:
        return "unprotected"
    if any(one.succeeded for one in into_next):
        return "succeeded"
    if following is None:
        return "failed" if job.has_ended else "pending"
    return "pending" if following.is_open and all(one.succeeded is None for one in into_next) else "failed"


def _tally(outcomes: list[bool | None]) -> tuple[int, int]:
    return outcomes.count(True), outcomes.count(False)


def _run_seconds(attempt: Attempt) -> float | None:
    return seconds_between(attempt.started_at, attempt.ended_at)


def _hours(seconds: float | None) -> float | None:
    return None if seconds is None else seconds / 3600


def _times(a: float | None, b: float | None) -> float | None:
    return None if a is None or b is None else a * b


def _minus(a: float | None, b: float | None) -> float | None:
    return None if a is None or b is None else a - b


def _sum(parts: list[float | None]) -> float | None:
    """The sum, unknown where a part is; of no parts 0."""
    known = [part for part in parts if part is not None]
    return sum(known, 0.0) if len(known) == len(parts) else None
