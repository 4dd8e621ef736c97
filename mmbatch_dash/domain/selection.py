"""The reader's selection of jobs: one set of query parameters for pages, API, exports and command line (api.md)."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict

from mmbatch_dash.domain.choices import Basis, JobStatus, PurchaseOption
from mmbatch_dash.domain.column_filter import MOST_FILTERS, ColumnFilter, parse_column_filter
from mmbatch_dash.domain.errors import InvalidFilter, InvalidInput
from mmbatch_dash.domain.instants import check_range, parse_instant, to_iso

UNKNOWN = "(none)"
"""How a missing value of a dimension is written where a value is chosen or shown as a row."""

LIST_PARAMETERS = ("queue", "status", "instance_type", "purchase_option", "user", "tag")
SELECTION_PARAMETERS = ("from", "to", "basis", *LIST_PARAMETERS, "q", "where", "tz")
TEXT_LIMIT = 512


class Selection(BaseModel):
    """Which jobs every figure, table, chart and export on a page is over.

    Several values of one parameter mean any of them; different parameters must all hold.
    `UNKNOWN` as a value chooses the jobs where that value is missing.

    Attributes:
        from_at: inclusive start of the time range on `basis`, or None.
        to_at: exclusive end, or None.
        tag: KEY or KEY:VALUE, each.
        q: text looked for in id, name, user and status reason, case-insensitive.
        where: filters on single columns; all must hold.
        tz: IANA zone in which dates are read and days are cut.
    """

    model_config = ConfigDict(frozen=True)

    from_at: datetime | None = None
    to_at: datetime | None = None
    basis: Basis = Basis.SUBMITTED
    queue: tuple[str, ...] = ()
    status: tuple[str, ...] = ()
    instance_type: tuple[str, ...] = ()
    purchase_option: tuple[str, ...] = ()
    user: tuple[str, ...] = ()
    tag: tuple[str, ...] = ()
    q: str = ""
    where: tuple[ColumnFilter, ...] = ()
    tz: str = "UTC"

    @property
    def zone(self) -> ZoneInfo:
        """The zone object of `tz`."""
        return ZoneInfo(self.tz)

    def to_query(self) -> dict[str, list[str]]:
        """The query parameters that give this selection again; defaults are left out, order is fixed."""
        query: dict[str, list[str]] = {}
        if self.from_at:
            query["from"] = [to_iso(self.from_at)]
        if self.to_at:
            query["to"] = [to_iso(self.to_at)]
        if self.basis is not Basis.SUBMITTED:
            query["basis"] = [self.basis.value]
        for name in LIST_PARAMETERS:
            if values := getattr(self, name):
                query[name] = list(values)
        if self.q:
            query["q"] = [self.q]
        if self.where:
            query["where"] = [str(one) for one in self.where]
        if self.tz != "UTC":
            query["tz"] = [self.tz]
        return query

    def describe(self) -> dict[str, Any]:
        """The `selection` block of the summary JSON: parameter names, single values unwrapped."""
        singles = {"from", "to", "basis", "q", "tz"}
        described = {name: values[0] if name in singles else values for name, values in self.to_query().items()}
        return {"basis": self.basis.value, "tz": self.tz, **described}

    def previous(self) -> "Selection | None":
        """The period of equal length just before this one; None when the range is open at either end."""
        if self.from_at is None or self.to_at is None:
            return None
        return self.model_copy(update={"from_at": self.from_at - (self.to_at - self.from_at), "to_at": self.from_at})


def parse_selection(query: Mapping[str, Iterable[str] | str], *, default_tz: str = "UTC") -> Selection:
    """The selection that query parameters describe; parameters not of a selection are ignored.

    Args:
        query: name → value or values. Empty values count as absent.
        default_tz: zone when `tz` is absent.

    Raises:
        InvalidFilter: a value does not parse; the message names the parameter.
    """
    values = {name: _values(query.get(name)) for name in SELECTION_PARAMETERS}
    tz = _single(values, "tz") or default_tz
    zone = parse_zone(tz)
    from_text, to_text = _single(values, "from"), _single(values, "to")
    selection = Selection(
        from_at=_parse_edge(from_text, zone, "from") if from_text else None,
        to_at=_parse_edge(to_text, zone, "to") if to_text else None,
        basis=Basis(_choice(values, "basis", [b.value for b in Basis]) or Basis.SUBMITTED),
        queue=values["queue"],
        status=_checked(values["status"], "status", [s.value for s in JobStatus]),
        instance_type=values["instance_type"],
        purchase_option=_checked(values["purchase_option"], "purchase_option", [*PurchaseOption, UNKNOWN]),
        user=values["user"],
        tag=values["tag"],
        q=_single(values, "q"),
        where=_column_filters(values["where"]),
        tz=tz,
    )
    if selection.from_at and selection.to_at and selection.from_at > selection.to_at:
        raise InvalidFilter("lies after 'to'; swap them", field="from")
    return selection


def _column_filters(given: tuple[str, ...]) -> tuple[ColumnFilter, ...]:
    if len(given) > MOST_FILTERS:
        raise InvalidFilter(f"is given {len(given)} times; {MOST_FILTERS} at most", field="where")
    return tuple(parse_column_filter(text) for text in given)


def parse_zone(name: str) -> ZoneInfo:
    """The zone of an IANA name.

    Raises:
        InvalidFilter: no such zone is known here.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidFilter(f"{name!r} is not an IANA time zone such as Europe/Berlin", field="tz") from None


def _values(given: Iterable[str] | str | None) -> tuple[str, ...]:
    items = () if given is None else (given,) if isinstance(given, str) else tuple(given)
    for item in items:
        if len(item) > TEXT_LIMIT:
            raise InvalidFilter(f"a value of {len(item)} characters is too long; {TEXT_LIMIT} at most", field="query")
    return tuple(dict.fromkeys(item for item in items if item != ""))


def _single(values: Mapping[str, tuple[str, ...]], name: str) -> str:
    found = values[name]
    if len(found) > 1:
        raise InvalidFilter("may be given once only", field=name)
    return found[0] if found else ""


def _choice(values: Mapping[str, tuple[str, ...]], name: str, allowed: list[str]) -> str:
    value = _single(values, name)
    return _checked((value,), name, allowed)[0] if value else ""


def _checked(given: tuple[str, ...], name: str, allowed: Iterable[str]) -> tuple[str, ...]:
    choices = [str(choice) for choice in allowed]
    for value in given:
        if value not in choices:
            raise InvalidFilter(f"{value!r} is not one of {', '.join(choices)}", field=name)
    return given


def _parse_edge(text: str, zone: ZoneInfo, name: str) -> datetime:
    try:
        if len(text) == 10:
            day = date.fromisoformat(text)
            # A whole day is meant: as an end it is included, so the edge is the next midnight there.
            if name == "to":
                day += timedelta(days=1)
            return check_range(datetime.combine(day, time(), zone).astimezone(UTC), field=name)
        return parse_instant(text.replace(" ", "+"), zone=zone, field=name)
    except InvalidInput as error:
        raise InvalidFilter(str(error).removeprefix(f"{name}: "), field=name) from None
    except ValueError:
        raise InvalidFilter(f"{text!r} is not a date or an ISO 8601 time", field=name) from None
