"""A selection as a SQL condition on jobs."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple

from mmbatch_dash.domain.choices import Basis
from mmbatch_dash.domain.column_filter import ColumnFilter, Sign
from mmbatch_dash.domain.filters import SEPARATOR, UNKNOWN, Filter, Match
from mmbatch_dash.domain.selection import FILTERS, Selection

TIME_COLUMNS = {Basis.SUBMITTED: "stands_at", Basis.COMPLETED: "completed_at"}
"""The column ranges and buckets go by. A job that nobody saw submitted stands at its start."""
_SEARCHED = ("job_id", "name", '"user"', "status_reason")


class Condition(NamedTuple):
    """A SQL condition with its parameters; parents are never selected."""

    sql: str
    parameters: list[Any]


NOTHING = Condition("false", [])


def select_jobs(selection: Selection) -> Condition:
    """The condition that holds for exactly the jobs of the selection (docs/definitions.md section 4)."""
    parts, parameters = ["NOT is_parent"], list[Any]()
    time_column = TIME_COLUMNS[selection.basis]
    if selection.from_at:
        parts.append(f"{time_column} >= ?")
        parameters.append(to_stored(selection.from_at))
    if selection.to_at:
        parts.append(f"{time_column} < ?")
        parameters.append(to_stored(selection.to_at))
    for name, chosen in selection.active().items():
        parts.append(_MATCHERS[FILTERS[name].match](FILTERS[name], chosen, parameters))
    return Condition(" AND ".join(parts), parameters)


def select_attempts(selection: Selection, *, also: str = "true", jobs_in: str = "jobs") -> Condition:
    """The condition that holds for exactly the attempts of the jobs of the selection.

    Args:
        selection: which jobs.
        also: a condition on jobs that is known to hold for those of every attempt in question.
        jobs_in: the table or view that the jobs are in.
    """
    if chooses_all(selection):
        # Leaving the few parents out costs a quarter of finding every other job among millions.
        return Condition(f"job_key NOT IN (SELECT job_key FROM {jobs_in} WHERE is_parent IS DISTINCT FROM false)", [])
    jobs = select_jobs(selection)
    return Condition(f"job_key IN (SELECT job_key FROM {jobs_in} WHERE {jobs.sql} AND {also})", jobs.parameters)


def chooses_all(selection: Selection) -> bool:
    """Whether the selection leaves no job out but parents."""
    return not selection.model_copy(update={"tz": "UTC", "basis": Basis.SUBMITTED}).to_query()


def to_stored(instant: datetime) -> datetime:
    """An instant as the tables keep it: UTC without zone."""
    return instant.astimezone(UTC).replace(tzinfo=None)


def expression(declared: Filter) -> str:
    """The SQL of what a filter chooses by and a grouping groups by; NULL where any of its columns is missing."""
    return f" || '{SEPARATOR}' || ".join(f'"{column}"' for column in declared.columns)


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


def _has_value(declared: Filter, chosen: tuple[str, ...], parameters: list[Any]) -> str:
    return any_of(expression(declared), chosen, parameters)


def _has_any_tag(_: Filter, chosen: tuple[str, ...], parameters: list[Any]) -> str:
    return "(" + " OR ".join(_has_tag(tag, parameters) for tag in chosen) + ")"


def _has_tag(tag: str, parameters: list[Any]) -> str:
    """The whole text as a key, or any split of it at a colon as key and value (docs/definitions.md section 4)."""
    if tag == UNKNOWN:
        return "coalesce(cardinality(tags), 0) = 0"
    key = tag.removesuffix(f":{UNKNOWN}")
    if key != tag:
        parameters.append(key)
        return "(tags IS NULL OR tags[?] IS NULL)"
    alternatives = ["coalesce(map_contains(tags, ?), false)"]
    parameters.append(tag)
    for place, letter in enumerate(tag):
        if letter == ":":
            alternatives.append("tags[?] = ?")
            parameters += [tag[:place], tag[place + 1 :]]
    return "(" + " OR ".join(alternatives) + ")"


def _holds_text(_: Filter, text: str, parameters: list[Any]) -> str:
    parameters += [text] * len(_SEARCHED)
    return "(" + " OR ".join(f"contains(lower({column}), lower(?))" for column in _SEARCHED) + ")"


def _fit_columns(_: Filter, chosen: tuple[ColumnFilter, ...], parameters: list[Any]) -> str:
    parameters += [one.value for one in chosen]
    return " AND ".join(_fits(one) for one in chosen)


def _fits(one: ColumnFilter) -> str:
    # The name is one of FILTERABLE: parsing lets no other through.
    if one.sign is Sign.CONTAINS:
        return f'contains(lower("{one.column}"), lower(?))'
    return f'"{one.column}" {one.sign.value} ?'


_MATCHERS: dict[Match, Callable[[Filter, Any, list[Any]], str]] = {
    Match.VALUE: _has_value,
    Match.TAG: _has_any_tag,
    Match.TEXT: _holds_text,
    Match.COLUMNS: _fit_columns,
}
"""How each kind of filter is said in SQL; each adds to the parameters."""
