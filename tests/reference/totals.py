"""Totals with coverage over a selection of jobs (docs/definitions.md sections 4 and 7)."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from tests.reference.figures import NOT_OF_FARGATE, JobReport

TOTALLED = (
    *("cpu_hours", "cost_usd", "saved_cost_usd", "saved_cpu_hours", "on_demand_savings_usd"),
    *("instance_hours", "saved_seconds", "spot_saved_seconds", "lost_seconds", "waiting_seconds"),
    *("overhead_seconds", "net_saved_seconds", "on_demand_net_savings_usd"),
)
SAVED = ("saved_seconds", "spot_saved_seconds", "saved_cpu_hours", "saved_cost_usd")
WITH_ENDED_ATTEMPT = ("instance_hours", "cost_usd", "on_demand_savings_usd")


@dataclass
class Totals:
    """Sums and coverage by figure name, and the counts."""

    jobs: int
    value: dict[str, float | None]
    coverage: dict[str, float | None]
    protections: Counter[str]
    checkpoints: tuple[int, int]
    restores: tuple[int, int]


def total(reports: Iterable[JobReport]) -> Totals:
    """Totals over these jobs; the saved totals of no jobs are 0, any other sum over nothing known is unknown."""
    jobs = list(reports)
    value: dict[str, float | None] = {}
    coverage: dict[str, float | None] = {}
    for name in TOTALLED:
        known = [figure for job in jobs if (figure := job.figures[name]) is not None]
        applicable = [job for job in jobs if applies(name, job)]
        share = [job for job in applicable if job.figures[name] is not None]
        hidden = bool(applicable) and not share
        value[name] = sum(known) if not hidden and (known or (name in SAVED and not jobs)) else None
        coverage[name] = len(share) / len(applicable) if applicable else None
    return Totals(
        jobs=len(jobs),
        value=value,
        coverage=coverage,
        protections=sum((job.protections for job in jobs), Counter()),
        checkpoints=_add([job.checkpoints for job in jobs]),
        restores=_add([job.restores for job in jobs]),
    )


def applies(name: str, report: JobReport) -> bool:
    """Whether the job counts into the coverage of the figure."""
    job = report.job
    if job.platform == "FARGATE" and name in NOT_OF_FARGATE:
        return False
    if name == "saved_seconds":
        # A job whose saved_seconds is unknown may have carried work: leaving it out would call the total complete.
        return report.figures["saved_seconds"] != 0
    if name in SAVED:
        return report.figures["spot_saved_seconds"] != 0
    if name in WITH_ENDED_ATTEMPT:
        return report.has_ended_attempt
    if name == "cpu_hours":
        return job.has_ended and not job.carried_nothing
    if name == "on_demand_net_savings_usd":
        return job.status == "SUCCEEDED"
    return bool(job.ran)


def _add(tallies: list[tuple[int, int]]) -> tuple[int, int]:
    return sum(succeeded for succeeded, _ in tallies), sum(failed for _, failed in tallies)
