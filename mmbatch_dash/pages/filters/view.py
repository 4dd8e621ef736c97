"""What the address of a page asks for. Bad values are named and left out, so that the page stays usable."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from urllib.parse import parse_qs, urlencode
from zoneinfo import ZoneInfo

from mmbatch_dash.domain.errors import InvalidFilter
from mmbatch_dash.domain.selection import SELECTION_PARAMETERS, TEXT_LIMIT, Selection, parse_selection
from mmbatch_dash.pages.defaults import PageDefaults

RANGES: dict[str, tuple[timedelta, timedelta]] = {
    "24h": (timedelta(hours=24), timedelta(minutes=5)),
    "7d": (timedelta(days=7), timedelta(minutes=15)),
    "30d": (timedelta(days=30), timedelta(hours=1)),
    "90d": (timedelta(days=90), timedelta(hours=1)),
}
"""Length of a relative range, and the step its edges are rounded up to, so that reloads ask the same again."""

MONTH, LAST_MONTH, ALL = "month", "last-month", "all"
DEFAULT_RANGE = "30d"
"""What an address without a range means. API and commands start from all time."""
BY_BASIS = "basis"
INCURRED = "incurred"
RANGE_WORDS = {
    "24h": "last 24 hours",
    "7d": "last 7 days",
    "30d": "last 30 days",
    "90d": "last 90 days",
    MONTH: "this month",
    LAST_MONTH: "previous month",
    ALL: "all time",
}


@dataclass(frozen=True, slots=True)
class View:
    """One page view.

    Attributes:
        selection: the jobs it is over; relative ranges are absolute here.
        range: key of RANGE_WORDS where the range is a relative one, else None.
        engineering: Engineering Mode is on.
        incurred: money and hours stand where they were incurred, not where their job was submitted or completed.
        query: the parameters that were understood, as the address has them.
        problems: a sentence for each value that was not.
    """

    selection: Selection
    range: str | None
    engineering: bool
    incurred: bool
    query: Mapping[str, list[str]]
    problems: tuple[str, ...]

    def link(self, path: str = "", **changes: list[str] | None) -> str:
        """The address of this view with some parameters changed; None or an empty list leaves one out."""
        query = {name: values for name, values in {**self.query, **changes}.items() if values}
        text = urlencode(query, doseq=True)
        return f"{path}?{text}" if text else path or "?"


def parse_query(search: str | None) -> dict[str, list[str]]:
    """The parameters of a query string, with or without its question mark."""
    return parse_qs((search or "").removeprefix("?"), max_num_fields=500)


def parse_view(search: str | None, now: datetime, defaults: PageDefaults, *, usual_range: str = DEFAULT_RANGE) -> View:
    """The view that the query string of an address describes.

    Args:
        search: the query string, with or without its question mark.
        now: aware reading time; the end of a relative range.
        defaults: what holds where the address says nothing.
        usual_range: likewise.
    """
    query = parse_query(search)
    problems: list[str] = []
    while True:
        try:
            range_key = _check_range(query, usual_range)
            incurred = _check_bucket(query)
            selection = parse_selection(query, default_tz=defaults.timezone)
            break
        except InvalidFilter as error:
            problems.append(f"{error}. This filter is left out.")
            query = _without(query, error)
    if range_key:
        selection = selection.model_copy(update=_edges(range_key, now, selection.zone))
    engineering = query["engineering"][-1] == "1" if "engineering" in query else defaults.engineering
    return View(selection, range_key, engineering, incurred, query, tuple(problems))


def _check_range(query: Mapping[str, list[str]], usual: str) -> str | None:
    dated = "from" in query or "to" in query
    key = query.get("range", [ALL if dated else usual])[-1]
    if key not in RANGE_WORDS:
        raise InvalidFilter(f"{key!r} is not one of {', '.join(RANGE_WORDS)}", field="range")
    if dated and key != ALL:
        raise InvalidFilter("stands beside 'from' or 'to', and only one of the two can hold", field="range")
    return None if key == ALL else key


def _check_bucket(query: Mapping[str, list[str]]) -> bool:
    given = query.get("bucket", [BY_BASIS])[-1]
    if given not in (BY_BASIS, INCURRED):
        raise InvalidFilter(f"{given!r} is not one of {BY_BASIS}, {INCURRED}", field="bucket")
    return given == INCURRED


def _edges(key: str, now: datetime, zone: ZoneInfo) -> dict[str, datetime]:
    if key == LAST_MONTH:
        first = _first_of_month(now.astimezone(zone).date(), zone)
        before = _first_of_month((first - timedelta(days=1)).date(), zone)
        return {"from_at": before.astimezone(UTC), "to_at": first.astimezone(UTC)}
    if key == MONTH:
        first = _first_of_month(now.astimezone(zone).date(), zone)
        return {"from_at": first.astimezone(UTC), "to_at": _edges(DEFAULT_RANGE, now, zone)["to_at"]}
    length, step = RANGES[key]
    start = datetime(2000, 1, 1, tzinfo=UTC)
    end = start - ((start - now.astimezone(UTC)) // step) * step
    return {"from_at": end - length, "to_at": end}


def _first_of_month(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, 1, tzinfo=zone)


def _without(query: Mapping[str, list[str]], error: InvalidFilter) -> dict[str, list[str]]:
    """The query without what the error is about; each round takes something out, so parsing ends."""
    if error.field in query:
        return {name: values for name, values in query.items() if name != error.field}
    long = {name for name, values in query.items() if any(len(value) > TEXT_LIMIT for value in values)}
    blamed = long or {"from", "to"} & query.keys() or set(SELECTION_PARAMETERS)
    return {name: values for name, values in query.items() if name not in blamed}
