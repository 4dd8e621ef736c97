"""What is summed of jobs: the counts and sums every total is made of, as SQL over job rows.

Sums of sums are sums, so a group may be added up from parts: the rows of the rollup, and jobs not in it.
"""

from mmbatch_dash.domain.figures import FIGURE, PROTECTION_OUTCOMES, TOTALLED
from mmbatch_dash.domain.flags import INSTANCE_SHARED
from mmbatch_dash.store.figure_sql import holds_for

_APPLIES = {FIGURE[name].applies.count: FIGURE[name].applies for name in TOTALLED}
"""Jobs that figures apply to, each counted once however many figures share it."""

APPLICABLE = {name: FIGURE[name].applies.count for name in TOTALLED}
"""Figure → the count of jobs it applies to."""

COUNTED = tuple(
    [f"{kind}_{outcome}" for kind in ("checkpoints", "restores") for outcome in ("succeeded", "failed")]
    + [f"protections_{outcome}" for outcome in PROTECTION_OUTCOMES]
)


def _known(name: str) -> str:
    # Where a figure does not apply it may be a known 0; those jobs do not count into coverage.
    return f"count({name}) FILTER ({holds_for(FIGURE[name].applies)})"


COUNTS = {
    "jobs": "count(*)",
    **{name: f"count(*) FILTER ({holds_for(applies)})" for name, applies in _APPLIES.items()},
    "running_jobs": "count(*) FILTER (status = 'RUNNING')",
    **{name: f"sum({name})" for name in COUNTED},
    **{f"{name}_known": _known(name) for name in TOTALLED},
    "shared_jobs": f"count(*) FILTER (list_contains(flags, '{INSTANCE_SHARED}'))",
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
