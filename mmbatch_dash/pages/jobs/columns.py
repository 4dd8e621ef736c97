"""The columns of the job list: what they are called, how wide they are, and how a job's cell reads.

Cells are written here, in the forms of the rest of the product, so that the browser only lays them out.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from mmbatch_dash.domain.figures import FIGURE, PROTECTION_OUTCOMES, Unit
from mmbatch_dash.domain.units import (
    MIB_PER_GIB,
    UNKNOWN_TEXT,
    format_age,
    format_count,
    format_duration,
    format_exact,
    format_hours,
    format_instant,
    format_usd,
)

BYTES_PER_GIB = 1024**3
LONGEST_TEXT = 200
LONGEST_EXACT = 600

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Reading:
    """What times are shown against.

    Attributes:
        zone: of the page.
        now: ages are told up to then; None tells none, so that what is finished reads the same forever.
    """

    zone: ZoneInfo
    now: datetime | None = None


Cell = Callable[[Row, Reading], tuple[str, str]]
"""A row's text in the list, and what hovering adds ("" for nothing)."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Attributes:
        name: of the store's column that it is sorted by.
        label: its header, unit included.
        width: in pixels, until the reader changes it.
        cell: how a row reads.
        numeric: right-aligned, tabular figures.
        shown: without the reader asking for it.
        renderer: function of assets/jobs.js that draws it, if plain text is not enough.
        sortable: the store can order by it.
    """

    name: str
    label: str
    width: int
    cell: Cell
    numeric: bool = False
    shown: bool = True
    renderer: str = ""
    sortable: bool = True


def shorten(text: str, limit: int = LONGEST_TEXT) -> str:
    """The text, cut where it is longer than any cell could show."""
    return text if len(text) <= limit else f"{text[:limit]}…"


def _text(name: str, unknown: str = "nobody said") -> Cell:
    def cell(row: Row, _reading: Reading) -> tuple[str, str]:
        value = row.get(name)
        if value is None or value == "":
            return UNKNOWN_TEXT, f"Unknown: {unknown}"
        return shorten(str(value)), shorten(str(value), LONGEST_EXACT)

    return cell


def _status(row: Row, _reading: Reading) -> tuple[str, str]:
    status, phase = row.get("status"), row.get("phase")
    if status is None:
        return UNKNOWN_TEXT, "Unknown: no event told its state"
    reason = shorten(str(row.get("status_reason") or ""), LONGEST_EXACT)
    word = str(status).capitalize()
    said = f"{word} · {phase}" if phase and phase != "none" else word
    return said, f"{status}: {reason}" if reason else str(status)


def _name(row: Row, reading: Reading) -> tuple[str, str]:
    return _text("name" if row.get("name") else "job_id")(row, reading)


def _tags(row: Row, _reading: Reading) -> tuple[str, str]:
    tags: Mapping[str, str] = row.get("tags") or {}
    if not tags:
        return UNKNOWN_TEXT, "no tags"
    text = ", ".join(f"{key}:{value}" for key, value in tags.items())
    return shorten(text), shorten(text, LONGEST_EXACT)


def format_when(at: datetime | None, reading: Reading) -> tuple[str, str]:
    """An instant in the reader's zone, and to the second, with its age where there is a now."""
    if at is None:
        return UNKNOWN_TEXT, "not yet, or nobody said"
    local = at.astimezone(reading.zone)
    age = reading.now - at if reading.now else timedelta(-1)
    beside = f" ({format_age(age)} ago)" if age >= timedelta(0) else ""
    return format_instant(local, seconds=False), format_instant(local) + beside


def _instant(name: str) -> Cell:
    return lambda row, reading: format_when(row.get(name), reading)


def _counted(name: str) -> Cell:
    def cell(row: Row, _reading: Reading) -> tuple[str, str]:
        said = format_count(row.get(name))
        return said, "Unknown: nobody said" if said == UNKNOWN_TEXT else format_exact(row.get(name), Unit.COUNT)

    return cell


def _quantity(name: str, divisor: float, unit: str) -> Cell:
    def cell(row: Row, _reading: Reading) -> tuple[str, str]:
        value = row.get(name)
        if value is None:
            return UNKNOWN_TEXT, "Unknown: nobody said"
        scaled = value / divisor
        return f"{scaled:,.2f}".rstrip("0").rstrip("."), f"{value:,.0f} {unit}"

    return cell


def _checkpoints(row: Row, _reading: Reading) -> tuple[str, str]:
    good, bad = row.get("checkpoints_succeeded") or 0, row.get("checkpoints_failed") or 0
    text = format_count(good) + (f" · {format_count(bad)} failed" if bad else "")
    return text, f"{good:,} succeeded, {bad:,} failed"


def _protections(row: Row, _reading: Reading) -> tuple[str, str]:
    counts = {outcome: row.get(f"protections_{outcome}") or 0 for outcome in PROTECTION_OUTCOMES}
    said = [f"{count:,} {outcome}" for outcome, count in counts.items() if count]
    if not said:
        return UNKNOWN_TEXT, "no attempt was reclaimed"
    return " · ".join(said), "reclaimed attempts by outcome: " + ", ".join(said)


_UNITS: dict[Unit, tuple[str, Callable[[float | None], str]]] = {
    Unit.USD: (" (USD)", format_usd),
    Unit.HOURS: (" (h)", format_hours),
    Unit.SECONDS: ("", format_duration),
    Unit.COUNT: ("", format_count),
}
"""Unit → what the header says of it, and how its values read."""


def _figure(name: str, width: int = 120) -> Column:
    figure = FIGURE[name]
    ending, text = _UNITS[figure.unit]

    def cell(row: Row, _reading: Reading) -> tuple[str, str]:
        said = text(row.get(name))
        return said, f"Unknown: {figure.unknown_when}" if said == UNKNOWN_TEXT else format_exact(row[name], figure.unit)

    return Column(name, f"{figure.short}{ending}", width, cell, numeric=True, shown=figure.listed)


_PLACED = (
    "runtime_seconds", "cost_usd", "saved_cost_usd", "on_demand_savings_usd", "cpu_hours", "saved_cpu_hours",
    "lost_seconds",
)  # fmt: skip
"""Figures with a place of their own in the list; all others stand behind what is shown without asking."""

COLUMNS: tuple[Column, ...] = (
    Column("status", "Status", 144, _status, renderer="JobStatus"),
    Column("name", "Name", 176, _name, renderer="JobName"),
    Column("job_id", "Job id", 132, _text("job_id"), renderer="JobIdCell"),
    Column("queue", "Queue", 104, _text("queue")),
    Column("submitted_at", "Submitted", 196, _instant("submitted_at"), numeric=True),
    _figure("runtime_seconds", 104),
    Column("attempts", "Attempts", 96, _counted("attempts"), numeric=True),
    _figure("cost_usd", 100),
    _figure("saved_cost_usd", 104),
    _figure("on_demand_savings_usd", 124),
    Column("protections_succeeded", "Spot protections", 160, _protections, renderer="JobOutcomes"),
    _figure("cpu_hours", 100),
    _figure("saved_cpu_hours", 120),
    _figure("lost_seconds", 110),
    Column("checkpoints_succeeded", "Checkpoints", 120, _checkpoints, numeric=True),
    Column("user", "User", 120, _text("user")),
    Column("tags", "Tags", 200, _tags, sortable=False),
    Column("instance_types", "Instance types", 160, _text("instance_types", "no attempt told its instance type")),
    Column("purchase_option", "Purchase option", 120, _text("purchase_option", "no attempt told how EC2 sold it")),
    Column("availability_zone", "Zone", 110, _text("availability_zone", "no attempt told its zone")),
    Column("vcpus", "vCPUs", 85, _quantity("vcpus", 1, "vCPUs"), numeric=True),
    Column("memory_mib", "Memory (GiB)", 100, _quantity("memory_mib", MIB_PER_GIB, "MiB"), numeric=True),
    Column("started_at", "Started", 182, _instant("started_at"), numeric=True),
    Column("completed_at", "Completed", 182, _instant("completed_at"), numeric=True),
    Column(
        "rootfs_bytes_max", "Peak root filesystem (GiB)", 140,
        _quantity("rootfs_bytes_max", BYTES_PER_GIB, "bytes"), numeric=True,
    ),
    *(_figure(name) for name in FIGURE if name not in _PLACED),
    Column("definition", "Job definition", 180, _text("definition"), shown=False),
    Column("status_reason", "Status reason", 240, _text("status_reason", "no reason was given"), shown=False),
    Column("instance_id", "Instance", 180, _text("instance_id"), shown=False),
    Column("gpus", "GPUs", 80, _quantity("gpus", 1, "GPUs"), numeric=True, shown=False),
    Column(
        "memory_mib_max", "Peak memory (GiB)", 120, _quantity("memory_mib_max", MIB_PER_GIB, "MiB"),
        numeric=True, shown=False,
    ),
    Column("updated_at", "Last heard of", 170, _instant("updated_at"), numeric=True, shown=False),
)  # fmt: skip
"""In the order they stand: who, when, the money, what happened, then everything else."""

NARROW = ("status", "name", "cost_usd", "saved_cost_usd")
"""What remains on a phone."""
