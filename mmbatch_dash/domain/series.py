"""The metric series of the MMBatch API: what each counts, of whom, how finely and how far back."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from mmbatch_dash.domain.durations import parse_duration
from mmbatch_dash.domain.errors import InvalidFilter, NotFound

SYSTEM = "system-total"
QUEUE = "queue-"
"""Before the name of a queue, where it is the object of a series."""
LEVELS: dict[str, tuple[timedelta, str]] = {
    "1m0s": (timedelta(days=7), "168h0m0s"),
    "30m0s": (timedelta(days=90), "2160h0m0s"),
    "24h0m0s": (timedelta(days=750), "18000h0m0s"),
}
"""Interval as Go writes it → how far back it reaches, and the same as Go writes it."""


@dataclass(frozen=True, slots=True)
class Definition:
    """One series.

    Attributes:
        id: as the API names it.
        description: what it says.
        label: kind of its values.
    """

    id: str
    description: str
    label: str


DEFINITIONS: dict[str, Definition] = {
    one.id: one
    for one in (
        Definition("metricDef-jobSubmitted", "Jobs submitted", "count"),
        Definition("metricDef-runtime", "Total runtime of jobs", "duration"),
        Definition("metricDef-spotProtection", "Spot protections", "count"),
        Definition("metricDef-timeSaved", "Time saved by restores", "duration"),
        Definition("metricDef-checkpointTime", "Time taken by checkpoints", "duration"),
        Definition("metricDef-restoreTime", "Time taken by restores", "duration"),
        Definition("metricDef-volumeAttachTime", "Time taken to attach new volumes", "duration"),
    )
}


def describe_series(definition: Definition, object_id: str) -> dict[str, Any]:
    """One series in the published shape."""
    kind = SYSTEM if object_id == SYSTEM else "queue"
    name = SYSTEM if object_id == SYSTEM else object_id.removeprefix(QUEUE)
    return {
        "name": definition.description,
        "id": f"{definition.id}.{object_id}",
        "definition": {"id": definition.id, "description": definition.description, "labels": [definition.label]},
        "object": {"id": object_id, "type": kind, "name": name},
        "levels": [{"interval": interval, "retention": kept} for interval, (_, kept) in LEVELS.items()],
    }


def parse_interval(text: str) -> str:
    """The level an interval names: `1m`, `30m`, `24h`; the finest where it is empty.

    Raises:
        InvalidFilter: it is none of them.
    """
    try:
        level = str(parse_duration(text or "1m"))
    except ValueError:
        level = ""
    if level not in LEVELS:
        raise InvalidFilter(f"{text[:40]!r} is none of 1m, 30m and 24h", field="interval")
    return level


def find_definition(definition_id: str, object_id: str) -> Definition:
    """The definition of a series.

    Raises:
        NotFound: there is no such series.
    """
    if definition_id not in DEFINITIONS or not (object_id == SYSTEM or object_id.startswith(QUEUE)):
        raise NotFound(f"There is no metric {definition_id}.{object_id}; GET /api/v1/metric lists them.")
    return DEFINITIONS[definition_id]
