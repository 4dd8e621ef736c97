"""Summaries and groups: their members are the declared figures."""

from typing import Any, Literal

from mmbatch_dash.api.models.shape import Count, Instant, Shape, record
from mmbatch_dash.domain.figures import ENGINEERING_FIGURES, FIGURES, PROTECTION_OUTCOMES
from mmbatch_dash.services.reports import INCURRED


class Total(Shape):
    """A sum over the jobs where the figure is known, and of those where it applies, the share that is known."""

    value: float | None
    coverage: float | None


class Tally(Shape):
    """Tries of one kind; no rate where there was none."""

    attempts: Count
    succeeded: Count
    failed: Count
    rate: float | None


Protections = record(
    "Protections",
    "Reclaimed attempts by what became of their jobs.",
    {"attempts": Count, "rate": float | None, **dict.fromkeys(PROTECTION_OUTCOMES, Count)},
)
Figures = record(
    "Figures",
    "The headline figures.",
    {"total_jobs": Count, "spot_protections": Count, **{figure.name: Total for figure in FIGURES}},
)
Engineering = record("Engineering", "Figures for engineers.", {figure.name: Total for figure in ENGINEERING_FIGURES})

_BLOCKS: dict[str, Any] = {
    "figures": Figures,
    "engineering": Engineering,
    "checkpoints": Tally,
    "restores": Tally,
    "protections": Protections,
}


class RunningWork(Shape):
    """Open work up to the reading time; in no other figure."""

    jobs: Count
    stale_jobs: Count
    cpu_hours: float | None
    cost_usd: float | None


class Recosting(Shape):
    """Jobs that wait to be costed again."""

    jobs: Count


class RemovedJobs(Shape):
    """Jobs in these figures that are in no list any more: none where what is filtered by is not kept of them."""

    jobs: Count
    before: Instant | None


Summary = record(
    "Summary",
    "The figures of a selection.",
    {
        "as_of": Instant,
        "selection": dict[str, str | list[str]],
        **_BLOCKS,
        "running": RunningWork,
        "recosting": Recosting,
        "removed": RemovedJobs,
    },
)
Group = record("Group", "The figures of one group.", {"key": str, **_BLOCKS})
RemovedGroup = record(
    "RemovedGroup", "The figures of jobs that are in no list any more, and of which the group is not kept.", _BLOCKS
)


class Groups(Shape):
    """The figures of a selection by what `by` says, a page at a time."""

    by: str
    rows: list[Group]  # type: ignore[valid-type] # made of the declared figures
    removed: RemovedGroup | None  # type: ignore[valid-type] # made of the declared figures
    next: str | None


IncurredDay = record(
    "IncurredDay",
    "What a day cost and saved.",
    {"key": str, **dict.fromkeys(INCURRED, float | None)},
)


class IncurredDays(Shape):
    """Cost and hours by the day they were incurred."""

    by: Literal["day"]
    bucket: Literal["incurred"]
    rows: list[IncurredDay]  # type: ignore[valid-type] # made of the declared figures
    next: str | None
