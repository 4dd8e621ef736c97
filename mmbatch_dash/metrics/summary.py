"""The summary of a selection: headline figures, engineering figures, counts and rates (api.md, `summary` JSON)."""

import math
from collections.abc import Hashable, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any, TypeAlias

import pandas as pd

from mmbatch_dash.domain.figures import ENGINEERING_FIGURES, FIGURE, FIGURES, PROTECTION_OUTCOMES
from mmbatch_dash.domain.instants import to_iso
from mmbatch_dash.domain.selection import Selection

Totals: TypeAlias = "Mapping[Hashable, Any] | pd.Series[Any]"
"""One row of totals: column → number."""


@dataclass(frozen=True, slots=True)
class Total:
    """A sum over the jobs where a figure is known.

    Attributes:
        value: the sum; None when no job's figure is known.
        coverage: of the jobs where it applies, the share that is known; None when it applies to none.
    """

    value: float | None
    coverage: float | None


@dataclass(frozen=True, slots=True)
class Tally:
    """Tries of one kind: attempts = succeeded + failed; rate is None at 0 attempts."""

    attempts: int
    succeeded: int
    failed: int
    rate: float | None


@dataclass(frozen=True, slots=True)
class Protections:
    """Outcomes of reclaimed attempts (docs/definitions.md section 4); rate = succeeded / (succeeded + failed)."""

    attempts: int
    succeeded: int
    failed: int
    pending: int
    unprotected: int
    rate: float | None

    def by_outcome(self) -> dict[str, int]:
        """How many ended in each of PROTECTION_OUTCOMES, in that order."""
        return {
            "succeeded": self.succeeded,
            "failed": self.failed,
            "pending": self.pending,
            "unprotected": self.unprotected,
        }


@dataclass(frozen=True, slots=True)
class Running:
    """Open work up to the reading time; never part of the totals.

    Attributes:
        stale_jobs: running jobs not heard of for long, which are in nothing else here.
        cost_usd_per_hour: what the open attempts cost an hour, where their rate is known.
        reclaims_last_hour: attempts EC2 took back in the hour before.
    """

    jobs: int
    stale_jobs: int
    vcpus: float | None
    cpu_hours: float | None
    cost_usd: float | None
    cost_usd_per_hour: float | None
    reclaims_last_hour: int


@dataclass(frozen=True, slots=True)
class Blocks:
    """The blocks that a summary and each row of a grouped summary have in common."""

    total_jobs: int
    spot_protections: int
    figures: Mapping[str, Total]
    engineering: Mapping[str, Total]
    checkpoints: Tally
    restores: Tally
    protections: Protections

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready, with the keys of api.md."""
        return {
            "figures": {
                "total_jobs": self.total_jobs,
                "spot_protections": self.spot_protections,
                **{name: asdict(total) for name, total in self.figures.items()},
            },
            "engineering": {name: asdict(total) for name, total in self.engineering.items()},
            "checkpoints": asdict(self.checkpoints),
            "restores": asdict(self.restores),
            "protections": asdict(self.protections),
        }


@dataclass(frozen=True, slots=True)
class Removed:
    """Jobs whose time to be kept is over: still in the totals, no longer in any list.

    Attributes:
        jobs: how many of the selected ones; where they are not counted, as far as that is known of them.
        before: the time before which jobs were removed; None where none were.
        counted: whether they are in the figures; not so where what is filtered by is not kept of them.
    """

    jobs: int = 0
    before: datetime | None = None
    counted: bool = True


@dataclass(frozen=True, slots=True)
class Summary(Blocks):
    """Blocks of one selection at one time.

    Attributes:
        recosting_jobs: of all jobs, those that wait to be costed again.
    """

    as_of: datetime
    selection: Selection
    running: Running
    recosting_jobs: int = 0
    removed: Removed = Removed()

    def as_dict(self) -> dict[str, Any]:
        """Exactly the `summary` JSON of api.md."""
        shown = ("jobs", "stale_jobs", "cpu_hours", "cost_usd")
        running = {name: getattr(self.running, name) for name in shown}
        head = {"as_of": to_iso(self.as_of), "selection": self.selection.describe()}
        before = to_iso(self.removed.before) if self.removed.before else None
        return {
            **head,
            **Blocks.as_dict(self),
            "running": running,
            "recosting": {"jobs": self.recosting_jobs},
            "removed": {"jobs": self.removed.jobs if self.removed.counted else 0, "before": before},
        }


def summarize(totals: Totals) -> Blocks:
    """The blocks of one row of totals.

    Args:
        totals: the totals columns of `store.queries.totals`, one row.
    """
    return Blocks(
        total_jobs=int(totals["jobs"]),
        spot_protections=int(totals["protections_succeeded"]),
        figures={figure.name: read_total(totals, figure.name) for figure in FIGURES},
        engineering={figure.name: read_total(totals, figure.name) for figure in ENGINEERING_FIGURES},
        checkpoints=_tally(totals, "checkpoints"),
        restores=_tally(totals, "restores"),
        protections=_protections(totals),
    )


def add_running(
    blocks: Blocks,
    as_of: datetime,
    selection: Selection,
    running: Running,
    recosting_jobs: int = 0,
    removed: Removed = Removed(),
) -> Summary:
    """The summary that blocks and what holds at the reading time make."""
    values = {item.name: getattr(blocks, item.name) for item in fields(Blocks)}
    more = {"as_of": as_of, "selection": selection, "running": running, "recosting_jobs": recosting_jobs}
    return Summary(**{**values, **more, "removed": removed})


def read_total(totals: Totals, name: str) -> Total:
    """One figure of a row of totals (docs/definitions.md section 4).

    The saved figures of no jobs are 0. Where a figure applies to jobs and is known for none of them it is
    unknown, also when other jobs, to which it does not apply, have a known 0.
    """
    value = known_or_none(totals[name])
    if totals[f"{name}_applicable"] and not totals[f"{name}_known"]:
        value = None
    if value is None and totals["jobs"] == 0:
        value = FIGURE[name].of_no_jobs
    return Total(value, share(totals[f"{name}_known"], totals[f"{name}_applicable"]))


def read_running(row: Totals) -> Running:
    """The open work of one row with the columns of `store.queries.activity.fetch_running`."""
    return Running(
        jobs=int(row["jobs"]),
        stale_jobs=int(row["stale_jobs"]),
        vcpus=known_or_none(row["vcpus"]),
        cpu_hours=known_or_none(row["cpu_hours"]),
        cost_usd=known_or_none(row["cost_usd"]),
        cost_usd_per_hour=known_or_none(row["cost_usd_per_hour"]),
        reclaims_last_hour=int(row["reclaims_last_hour"]),
    )


def share(part: float, whole: float) -> float | None:
    """Part / whole, None at 0."""
    return float(part) / float(whole) if whole else None


def known_or_none(value: Any) -> float | None:
    """A number, or None for NaN and missing."""
    return None if value is None or value is pd.NA or math.isnan(value) else float(value)


def _tally(totals: Totals, kind: str) -> Tally:
    succeeded, failed = int(totals[f"{kind}_succeeded"]), int(totals[f"{kind}_failed"])
    return Tally(succeeded + failed, succeeded, failed, share(succeeded, succeeded + failed))


def _protections(totals: Totals) -> Protections:
    outcome = {name: int(totals[f"protections_{name}"]) for name in PROTECTION_OUTCOMES}
    return Protections(
        attempts=outcome["succeeded"] + outcome["failed"],
        rate=share(outcome["succeeded"], outcome["succeeded"] + outcome["failed"]),
        **outcome,
    )
