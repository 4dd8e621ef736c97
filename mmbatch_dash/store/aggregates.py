"""What is summed of jobs: the counts and sums every total is made of, as SQL over job rows.

Sums of sums are sums, so a group may be added up from parts: the rows of the rollup, and jobs not in it.
"""

from mmbatch_dash.domain.figures import TOTALLED

_APPLIES = {
    "jobs": "true",
    "completed_jobs": "status IN ('SUCCEEDED', 'FAILED')",
    "succeeded_jobs": "status = 'SUCCEEDED'",
    "ended_jobs": "has_ended_attempt",
    "carried_jobs": "coalesce(saved_seconds > 0, true)",
}
"""Counts of jobs that figures apply to (metrics.md section 4); each is counted once however many figures share it."""

APPLICABLE = {
    "cpu_hours": "completed_jobs",
    "cost_usd": "ended_jobs",
    "saved_cost_usd": "carried_jobs",
    "saved_cpu_hours": "carried_jobs",
    "on_demand_savings_usd": "ended_jobs",
    "instance_hours": "ended_jobs",
    "saved_seconds": "carried_jobs",
    "lost_seconds": "jobs",
    "overhead_seconds": "jobs",
    "net_saved_seconds": "jobs",
    "on_demand_net_savings_usd": "succeeded_jobs",
}
"""Figure → the count of jobs it applies to."""

COUNTED = tuple(
    [f"{kind}_{outcome}" for kind in ("checkpoints", "restores") for outcome in ("succeeded", "failed")]
    + [f"protections_{outcome}" for outcome in ("succeeded", "failed", "pending", "unprotected")]
)


def _known(name: str) -> str:
    # The saved figures are 0, and known, where nothing was carried; those jobs do not count into coverage.
    carried = APPLICABLE[name] == "carried_jobs"
    return f"count({name}) FILTER ({_APPLIES['carried_jobs']})" if carried else f"count({name})"


COUNTS = {
    **{name: f"count(*) FILTER ({applies})" for name, applies in _APPLIES.items()},
    "running_jobs": "count(*) FILTER (status = 'RUNNING')",
    **{name: f"sum({name})" for name in COUNTED},
    **{f"{name}_known": _known(name) for name in TOTALLED},
    "shared_jobs": "count(*) FILTER (list_contains(flags, 'instance_shared'))",
}
"""Name → SQL of a whole number over job rows."""

SUMS = {
    **{name: f"sum({name})" for name in TOTALLED},
    "assumed_hours": "sum(assumed_hours)",
}
"""Name → SQL of a sum over job rows, NULL where no job's figure is known."""

PARTS = (*COUNTS, *SUMS)


def select_of_jobs() -> str:
    """The select list that makes parts of job rows."""
    return ", ".join(f"{sql} AS {name}" for name, sql in (COUNTS | SUMS).items())


def select_of_parts() -> str:
    """The select list that adds parts up: counts of none are 0, sums of none NULL."""
    counts = [f"coalesce(sum({name}), 0)::BIGINT AS {name}" for name in COUNTS]
    return ", ".join([*counts, *(f"sum({name}) AS {name}" for name in SUMS)])
