"""A selection on the rollup: whole hours of UTC from there, the ragged ends of the range from the jobs themselves."""

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from mmbatch_dash.domain.selection import Selection
from mmbatch_dash.store.queries.where import Condition, any_of, to_stored
from mmbatch_dash.store.rollup import DIMENSIONS

_HOUR = timedelta(hours=1)
_ALMOST = _HOUR - timedelta(microseconds=1)


class Hours(NamedTuple):
    """The jobs of a selection that are in history.

    Attributes:
        condition: their rows of the rollup.
        ends: selections of the jobs that are not in those rows, each less than an hour long.
    """

    condition: Condition
    ends: list[Selection]


def select_hours(selection: Selection) -> Hours | None:
    """The selection as hours; None where the rollup cannot tell its jobs from others."""
    asked = selection.active()
    if not asked.keys() <= set(DIMENSIONS):
        return None
    first, last = selection.from_at, selection.to_at
    lower = _start_of_hour(first + _ALMOST) if first else None
    upper = _start_of_hour(last) if last else None
    if lower and upper and lower >= upper:
        return None
    parts, parameters = ["basis = ?"], list[Any]([selection.basis.value])
    for edge, sign in ((lower, ">="), (upper, "<")):
        if edge:
            parts.append(f"hour {sign} ?")
            parameters.append(to_stored(edge))
    parts += [any_of(name, chosen, parameters) for name, chosen in asked.items()]
    pieces = [(first, lower), (upper, last)]
    ends = [
        selection.model_copy(update={"from_at": start, "to_at": end})
        for start, end in pieces
        if start and end and start < end
    ]
    return Hours(Condition(" AND ".join(parts), parameters), ends)


def _start_of_hour(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
