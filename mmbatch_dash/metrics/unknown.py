"""Why a figure of one job is unknown, as the end of a sentence, naming the first thing that is missing."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Row = Mapping[str, Any]

_ENDED_STATES = ("SUCCEEDED", "FAILED")
_NOT_ON_EC2 = ("FARGATE", "EKS")
_INTERRUPTED = ("reclaimed", "host_lost")


@dataclass(frozen=True, slots=True)
class Parts:
    """One job as rows of the store, attempts in order."""

    job: Row
    attempts: Sequence[Row]
    checkpoints: Sequence[Row]
    restores: Sequence[Row]

    @property
    def ended(self) -> list[Row]:
        """Attempts that are over, at whatever time."""
        return [attempt for attempt in self.attempts if attempt["end_reason"] != "running"]

    @property
    def interrupted(self) -> list[Row]:
        """Attempts whose run time counts into lost work (metrics.md section 2)."""
        failed = self.job["status"] == "FAILED"
        return [
            attempt
            for place, attempt in enumerate(self.attempts, 1)
            if (attempt["end_reason"] in _INTERRUPTED and place < len(self.attempts))
            or (attempt["end_reason"] == "reclaimed" and place == len(self.attempts) and failed)
        ]

    def rates(self, attempts: Sequence[Row] | None = None) -> list[dict[str, Any]]:
        """Hours and rates of attempts, with where each came from and from when; of the ended ones by default."""
        return [
            {
                "attempt": attempt["attempt"],
                "hours": None if attempt["run_seconds"] is None else attempt["run_seconds"] / 3600,
                "usd_per_hour": attempt["usd_per_hour"],
                "source": attempt["rate_source"],
                "price_at": attempt["price_at"],
                "on_demand_usd_per_hour": attempt["on_demand_usd_per_hour"],
                "on_demand_source": attempt["on_demand_source"],
                "on_demand_price_at": attempt["on_demand_price_at"],
                "unknown_because": None if attempt["usd_per_hour"] is not None else why_no_rate(attempt),
            }
            for attempt in (self.ended if attempts is None else attempts)
        ]


def why_unknown(name: str, parts: Parts) -> str:
    """Why the figure `name` of the job is None."""
    return _REASONS[name](parts) or "something it needs is missing"


def why_no_rate(attempt: Row) -> str:
    """Why an attempt has no paid rate (metrics.md section 2, Rates)."""
    number = attempt["attempt"]
    if attempt["platform"] in _NOT_ON_EC2:
        return f"attempt {number} ran on {attempt['platform']}, which is not priced by the instance"
    if attempt["purchase_option"] is None:
        return f"nothing says whether attempt {number} ran on spot or on-demand; see aws.purchaseOptions"
    if attempt["instance_type"] is None:
        return f"the instance type of attempt {number} is unknown"
    if attempt["started_at"] is None:
        return f"attempt {number} has no start time"
    if attempt["rate_source"] is not None:
        return f"the size of the instance of attempt {number} is not known, so neither is its share of it"
    place = attempt["availability_zone"] or attempt["region"]
    return f"no {attempt['purchase_option']} price of {attempt['instance_type']} in {place} was known at its start"


def _wait(parts: Parts) -> str:
    for name, label in (("submitted_at", "submission"), ("started_at", "start of attempt 1")):
        if parts.job[name] is None:
            return f"the {label} is not known"
    return "it starts before it is submitted"


def _runtime(parts: Parts) -> str:
    if parts.job["status"] not in _ENDED_STATES:
        return "the job has not ended"
    for name, label in (("started_at", "start of attempt 1"), ("completed_at", "time of its end")):
        if parts.job[name] is None:
            return f"the {label} is not known"
    return "its end lies more than 5 minutes before its start"


def _cpu_hours(parts: Parts) -> str:
    return "the vCPUs it asked for are not known" if parts.job["vcpus"] is None else _runtime(parts)


def _instance_hours(parts: Parts) -> str:
    if not parts.ended:
        return "no attempt has ended"
    return next((_run_time(attempt) for attempt in parts.ended if attempt["run_seconds"] is None), "")


def _run_time(attempt: Row) -> str:
    for name, label in (("started_at", "start"), ("ended_at", "end")):
        if attempt[name] is None:
            return f"the {label} of attempt {attempt['attempt']} is not known"
    return f"attempt {attempt['attempt']} ends more than 5 minutes before its start"


def _cost(parts: Parts) -> str:
    unpriced = (why_no_rate(attempt) for attempt in parts.ended if attempt["usd_per_hour"] is None)
    return _instance_hours(parts) or next(unpriced, "")


def _saved_seconds(parts: Parts) -> str:
    del parts
    return "a restore names a checkpoint, or stands beside a time, that is not known"


def _saved_cpu_hours(parts: Parts) -> str:
    if parts.job["saved_seconds"] is None:
        return _saved_seconds(parts)
    return "the vCPUs it asked for are not known"


def _saved_cost(parts: Parts) -> str:
    if parts.job["saved_seconds"] is None:
        return _saved_seconds(parts)
    return why_no_rate(parts.attempts[-1]) if parts.attempts else "it has no attempt"


def _on_demand_savings(parts: Parts) -> str:
    if not parts.ended:
        return "no attempt has ended"
    for attempt in parts.ended:
        if attempt["purchase_option"] is None or (
            attempt["usd_per_hour"] is None and attempt["purchase_option"] == "spot"
        ):
            return why_no_rate(attempt)
        if attempt["purchase_option"] == "spot" and attempt["run_seconds"] is None:
            return _run_time(attempt)
        if attempt["purchase_option"] == "spot" and attempt["on_demand_usd_per_hour"] is None:
            return _no_on_demand(attempt)
    return ""


def _no_on_demand(attempt: Row) -> str:
    if attempt["instance_type"] is None:
        return f"the instance type of attempt {attempt['attempt']} is unknown"
    return f"no on-demand price of {attempt['instance_type']} in {attempt['region']} was known at its start"


def _lost(parts: Parts) -> str:
    if parts.job["saved_seconds"] is None:
        return _saved_seconds(parts)
    for attempt in parts.attempts[:-1]:
        if attempt["end_reason"] is None:
            return f"nothing says how attempt {attempt['attempt']} ended"
    return next((_run_time(attempt) for attempt in parts.interrupted if attempt["run_seconds"] is None), "")


def _overhead(parts: Parts) -> str:
    del parts
    return "a checkpoint or a restore has neither a duration nor a start"


def _net(parts: Parts) -> str:
    return _saved_seconds(parts) if parts.job["saved_seconds"] is None else _overhead(parts)


def _on_demand_net(parts: Parts) -> str:
    if parts.job["status"] != "SUCCEEDED":
        return "the job has not succeeded"
    if parts.job["cost_usd"] is None:
        return _cost(parts)
    if parts.job["saved_seconds"] is None:
        return _saved_seconds(parts)
    latest = parts.attempts[-1]
    if latest["run_seconds"] is None:
        return _run_time(latest)
    return _no_on_demand(latest) if latest["on_demand_usd_per_hour"] is None else _overhead(parts)


_REASONS: dict[str, Callable[[Parts], str]] = {
    "wait_seconds": _wait,
    "runtime_seconds": _runtime,
    "cpu_hours": _cpu_hours,
    "instance_hours": _instance_hours,
    "cost_usd": _cost,
    "saved_seconds": _saved_seconds,
    "saved_cpu_hours": _saved_cpu_hours,
    "saved_cost_usd": _saved_cost,
    "on_demand_savings_usd": _on_demand_savings,
    "lost_seconds": _lost,
    "overhead_seconds": _overhead,
    "net_saved_seconds": _net,
    "on_demand_net_savings_usd": _on_demand_net,
}
