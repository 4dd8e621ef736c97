"""A selection as a SQL condition on jobs."""

from datetime import UTC, datetime
from typing import Any, NamedTuple

from mmbatch_dash.domain.choices import Basis
from mmbatch_dash.domain.column_filter import ColumnFilter, Sign
from mmbatch_dash.domain.selection import UNKNOWN, Selection

TIME_COLUMNS = {Basis.SUBMITTED: "submitted_at", Basis.COMPLETED: "completed_at"}
COLUMNS = {
    "queue": "queue",
    "status": "status",
    "instance_type": "instance_type",
    "purchase_option": "purchase_option",
    "user": '"user"',
}
"""Parameter that lists values → the column it chooses by."""
_SEARCHED = ("job_id", "name", '"user"', "status_reason")


class Condition(NamedTuple):
    """A SQL condition with its parameters; parents are never selected."""

    sql: str
    parameters: list[Any]


def select_jobs(selection: Selection) -> Condition:
    """The condition that holds for exactly the jobs of the selection (metrics.md section 4)."""
    parts, parameters = ["NOT is_parent"], list[Any]()
    time_column = TIME_COLUMNS[selection.basis]
    if selection.from_at:
        parts.append(f"{time_column} >= ?")
        parameters.append(to_stored(selection.from_at))
    if selection.to_at:
        parts.append(f"{time_column} < ?")
        parameters.append(to_stored(selection.to_at))
    for name, column in COLUMNS.items():
        if chosen := getattr(selection, name):
            parts.append(any_of(column, chosen, parameters))
    if selection.tag:
        parts.append("(" + " OR ".join(_has_tag(tag, parameters) for tag in selection.tag) + ")")
    if selection.q:
        parts.append("(" + " OR ".join(f"contains(lower({column}), lower(?))" for column in _SEARCHED) + ")")
        parameters += [selection.q] * len(_SEARCHED)
    for one in selection.where:
        parts.append(_fits(one))
        parameters.append(one.value)
    return Condition(" AND ".join(parts), parameters)


def select_attempts(selection: Selection, *, also: str = "true") -> Condition:
    """The condition that holds for exactly the attempts of the jobs of the selection.

    Args:
        selection: which jobs.
        also: a condition on jobs that is known to hold for those of every attempt in question.
    """
    if chooses_all(selection):
        # Leaving the few parents out costs a quarter of finding every other job among millions.
        return Condition("job_key NOT IN (SELECT job_key FROM jobs WHERE is_parent IS DISTINCT FROM false)", [])
    jobs = select_jobs(selection)
    return Condition(f"job_key IN (SELECT job_key FROM jobs WHERE {jobs.sql} AND {also})", jobs.parameters)


def chooses_all(selection: Selection) -> bool:
    """Whether the selection leaves no job out but parents."""
    return not selection.model_copy(update={"tz": "UTC", "basis": Basis.SUBMITTED}).to_query()


def to_stored(instant: datetime) -> datetime:
    """An instant as the tables keep it: UTC without zone."""
    return instant.astimezone(UTC).replace(tzinfo=None)


def any_of(column: str, chosen: tuple[str, ...], parameters: list[Any]) -> str:
    """The condition that a column has one of the chosen values, UNKNOWN meaning none; adds to the parameters."""
    values = [value for value in chosen if value != UNKNOWN]
    alternatives = []
    if values:
        alternatives.append(f"{column} IN ({', '.join('?' * len(values))})")
        parameters += values
    if UNKNOWN in chosen:
        alternatives.append(f"{column} IS NULL")
    return "(" + " OR ".join(alternatives) + ")"


def _fits(one: ColumnFilter) -> str:
    # The name is one of FILTERABLE: parsing lets no other through.
    if one.sign is Sign.CONTAINS:
        return f'contains(lower("{one.column}"), lower(?))'
    return f'"{one.column}" {one.sign.value} ?'


def _has_tag(tag: str, parameters: list[Any]) -> str:
    key, colon, value = tag.partition(":")
    if not colon:
        parameters.append(key)
        return "coalesce(map_contains(tags, ?), false)"
    parameters += [key, value]
    return "tags[?] = ?"
