"""The reader's selection of jobs: one set of query parameters for pages, API, exports and command line (api.md)."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict

from mmbatch_dash.domain.choices import Basis, JobStatus, PurchaseOption
from mmbatch_dash.domain.column_filter import FILTERABLE, MOST_FILTERS, ColumnFilter, parse_column_filter
from mmbatch_dash.domain.errors import InvalidFilter
from mmbatch_dash.domain.filters import UNKNOWN, Filter, Match, Parameter
from mmbatch_dash.domain.instants import to_iso
from mmbatch_dash.domain.nearest import describe_choice, find_nearest
from mmbatch_dash.domain.time_zones import known_zones

__all__ = ["FILTERS", "SELECTION_PARAMETERS", "UNKNOWN", "VALUE_FILTERS", "Selection", "parse_selection", "parse_zone"]

TEXT_LIMIT = 512
_FIRST_YEAR, _LAST_YEAR = 1970, 2200
_TIME = "an ISO 8601 instant, or a date in `tz`"
_OUTSIDE = f"{{!r}} is not between {_FIRST_YEAR} and {_LAST_YEAR}"
_OFFSET = re.compile(r":\d\d(?:\.\d+)? \d\d:?\d\d$")

Values = tuple[str, ...]


class Selection(BaseModel):
    """Which jobs every figure, table, chart and export on a page is over.

    Several values of one parameter mean any of them; different parameters must all hold.
    `UNKNOWN` as a value chooses the jobs where that value is missing.

    Attributes:
        from_at: inclusive start of the time range on `basis`, or None.
        to_at: exclusive end, or None.
        tag: KEY, KEY:VALUE or KEY:(none), each; either part may hold colons.
        where: filters on single columns; all must hold.
        tz: IANA zone in which dates are read and days are cut.
    """

    model_config = ConfigDict(frozen=True)

    from_at: Annotated[datetime | None, Parameter(name="from", about=f"Jobs from this time on: {_TIME}.")] = None
    to_at: Annotated[
        datetime | None, Parameter(name="to", about=f"Jobs before this time: {_TIME}; a date is included whole.")
    ] = None
    basis: Annotated[
        Basis, Parameter(about="The time that from and to refer to.", vocabulary=tuple(basis.value for basis in Basis))
    ] = Basis.SUBMITTED
    queue: Annotated[Values, Filter(label="Queue", about="Queue.", columns=("queue",), rolled=True)] = ()
    status: Annotated[
        Values,
        Filter(
            label="Status",
            about="Status.",
            columns=("status",),
            vocabulary=(*(status.value for status in JobStatus), UNKNOWN),
            rolled=True,
        ),
    ] = ()
    instance_type: Annotated[
        Values,
        Filter(
            label="Instance type",
            about="Instance type of the latest attempt.",
            columns=("instance_type",),
            on_nodes=True,
        ),
    ] = ()
    purchase_option: Annotated[
        Values,
        Filter(
            label="Purchase option",
            about="Purchase option of the latest attempt.",
            columns=("purchase_option",),
            vocabulary=(*(option.value for option in PurchaseOption), UNKNOWN),
            rolled=True,
            on_nodes=True,
        ),
    ] = ()
    pool: Annotated[
        Values,
        Filter(
            label="Pool",
            about="Instance type and zone of the latest attempt, as m5.large/us-east-1a.",
            columns=("instance_type", "availability_zone"),
            menu=False,
        ),
    ] = ()
    availability_zone: Annotated[
        Values,
        Filter(
            label="Zone",
            about="Availability zone of the latest attempt.",
            columns=("availability_zone",),
            on_nodes=True,
            menu=False,
        ),
    ] = ()
    user: Annotated[Values, Filter(label="User", about="User.", columns=("user",))] = ()
    definition: Annotated[Values, Filter(label="Definition", about="Job definition.", columns=("definition",))] = ()
    tag: Annotated[
        Values, Filter(label="Tag", about=f"KEY, KEY:VALUE, or KEY:{UNKNOWN} for jobs without it.", match=Match.TAG)
    ] = ()
    q: Annotated[
        str, Filter(label="Text", about="Text in id, name, user or status reason.", match=Match.TEXT, menu=False)
    ] = ""
    where: Annotated[
        tuple[ColumnFilter, ...],
        Filter(
            label="Column",
            about="COLUMN>=NUMBER, COLUMN<=NUMBER or COLUMN~TEXT (contains, whatever its case), all of which must "
            f"hold; a job whose value is unknown fits none. Columns: {', '.join(FILTERABLE)}.",
            match=Match.COLUMNS,
            menu=False,
            example="cost_usd>=5",
        ),
    ] = ()
    tz: Annotated[str, Parameter(about="IANA time zone; UTC if not given.", example="Europe/Berlin")] = "UTC"

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
        for name, chosen in self.active().items():
            query[name] = [chosen] if isinstance(chosen, str) else [str(one) for one in chosen]
        if self.tz != "UTC":
            query["tz"] = [self.tz]
        return query

    def active(self) -> dict[str, Any]:
        """Filter name → what is chosen by it, of the filters that leave jobs out, in order of their declaration."""
        return {name: chosen for name in FILTERS if (chosen := getattr(self, name))}

    def without(self, *names: str) -> "Selection":
        """The selection with these filters left out."""
        empty = {name: type(self).model_fields[name].default for name in names}
        return self.model_copy(update=empty)

    def describe(self) -> dict[str, Any]:
        """The `selection` block of the summary JSON: parameter names, single values unwrapped."""
        described = {name: values if name in REPEATED else values[0] for name, values in self.to_query().items()}
        return {"basis": self.basis.value, "tz": self.tz, **described}

    def previous(self) -> "Selection | None":
        """The period of equal length just before this one; None when the range is open at either end."""
        if self.from_at is None or self.to_at is None:
            return None
        return self.model_copy(update={"from_at": self.from_at - (self.to_at - self.from_at), "to_at": self.from_at})


def _declared() -> dict[str, Parameter]:
    """Field of Selection → its declaration."""
    found = {}
    for name, field in Selection.model_fields.items():
        [found[name]] = [said for said in field.metadata if isinstance(said, Parameter)]
    return found


DECLARED = _declared()
"""Field of Selection → its declaration, in order."""

FILTERS: dict[str, Filter] = {name: said for name, said in DECLARED.items() if isinstance(said, Filter)}
"""Every filter by its name, in the order they are shown."""

VALUE_FILTERS = tuple(name for name, said in FILTERS.items() if said.match in (Match.VALUE, Match.TAG))
"""Those that hold values to choose among, any of which may fit."""

REPEATED = frozenset(name for name, said in FILTERS.items() if said.match is not Match.TEXT)
"""Parameters that may be given several times."""

PARAMETERS: dict[str, Parameter] = {
    said.name or name: replace(said, many=name in REPEATED) for name, said in DECLARED.items()
}
"""Parameter as requests spell it → its declaration, in order."""

SELECTION_PARAMETERS = tuple(PARAMETERS)


def parse_selection(query: Mapping[str, Iterable[str] | str], *, default_tz: str = "UTC") -> Selection:
    """The selection that query parameters describe; parameters not of a selection are ignored.

    Args:
        query: name → value or values. Empty values count as absent.
        default_tz: zone when `tz` is absent.

    Raises:
        InvalidFilter: a value does not parse; the message names the parameter.
    """
    values = {name: _values(name, query.get(name)) for name in SELECTION_PARAMETERS}
    tz = _single(values, "tz") or default_tz
    zone = parse_zone(tz)
    from_text, to_text = _single(values, "from"), _single(values, "to")
    selection = Selection(
        from_at=_parse_edge(from_text, zone, "from") if from_text else None,
        to_at=_parse_edge(to_text, zone, "to") if to_text else None,
        basis=Basis(_checked((_single(values, "basis"),), "basis")[0] or Basis.SUBMITTED),
        q=_single(values, "q"),
        where=_column_filters(values["where"]),
        tz=tz,
        **{name: _checked(values[name], name) for name in VALUE_FILTERS},
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
        if name in known_zones():
            return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        pass
    nearest = find_nearest(name, known_zones())
    hint = f"; {nearest} is nearest" if nearest else ""
    raise InvalidFilter(f"{name[:80]!r} is not an IANA time zone such as Europe/Berlin{hint}", field="tz")


def _values(name: str, given: Iterable[str] | str | None) -> tuple[str, ...]:
    items = () if given is None else (given,) if isinstance(given, str) else tuple(given)
    for item in items:
        if len(item) > TEXT_LIMIT:
            raise InvalidFilter(f"a value of {len(item)} characters is too long; {TEXT_LIMIT} at most", field="query")
        if "\x00" in item:
            raise InvalidFilter(f"{item[:80]!r} holds a NUL character, which no text here does", field=name)
    return tuple(dict.fromkeys(item for item in items if item != ""))


def _single(values: Mapping[str, tuple[str, ...]], name: str) -> str:
    found = values[name]
    if len(found) > 1:
        raise InvalidFilter("may be given once only", field=name)
    return found[0] if found else ""


def _checked(given: tuple[str, ...], name: str) -> tuple[str, ...]:
    if vocabulary := DECLARED[name].vocabulary:
        for value in given:
            if value and value not in vocabulary:
                raise InvalidFilter(describe_choice(value, vocabulary), field=name)
    return given


def _parse_edge(text: str, zone: ZoneInfo, name: str) -> datetime:
    try:
        if len(text) == 10:
            day = date.fromisoformat(text)
            # A whole day is meant: as an end it is included, so the edge is the next midnight there.
            if name == "to":
                day += timedelta(days=1)
            return _within(datetime.combine(day, time(), zone), text, name)
        # A plus sign of an offset that nobody escaped comes as a blank.
        at = datetime.fromisoformat(text.strip().replace(" ", "+") if _OFFSET.search(text) else text.strip())
        return _within(at if at.tzinfo else at.replace(tzinfo=zone), text, name)
    except ValueError:
        raise InvalidFilter(f"{text[:80]!r} is not a date or an ISO 8601 time", field=name) from None
    except OverflowError:
        raise InvalidFilter(_OUTSIDE.format(text), field=name) from None


def _within(at: datetime, text: str, name: str) -> datetime:
    instant = at.astimezone(UTC)
    if not _FIRST_YEAR <= instant.year < _LAST_YEAR:
        raise InvalidFilter(_OUTSIDE.format(text), field=name)
    return instant
