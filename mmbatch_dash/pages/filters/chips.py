"""The active filters as chips; taking one away is a link to the same view without it."""

from datetime import datetime, time, timedelta

from dash import dcc, html
from dash.development.base_component import Component

from mmbatch_dash.domain.column_filter import FILTERABLE, ColumnFilter, Measure, Sign
from mmbatch_dash.domain.filters import Filter
from mmbatch_dash.domain.selection import FILTERS
from mmbatch_dash.domain.units import MIB_PER_GIB, format_duration, format_instant
from mmbatch_dash.pages.filters.view import ALL, RANGE_WORDS, View


def build_chips(view: View, path: str) -> list[Component]:
    """A chip for each active filter value, then a link that clears them; one quiet sentence where there are none.

    Args:
        view: what is shown.
        path: the page the links lead to.
    """
    chips = [_build_range_chip(view, path)] if _has_range(view) else []
    for name, chosen in view.selection.active().items():
        values = [chosen] if isinstance(chosen, str) else list(chosen)
        for value in values:
            rest = [str(other) for other in values if other != value]
            label, said = _name_value(FILTERS[name], value)
            chips.append(_build_chip(label, said, view.link(path, **{name: rest})))
    if not chips:
        return [html.Span("All jobs, all time", className="chips-none")]
    return [*chips, dcc.Link("Clear all", href=clear_link(view, path), className="chip-clear")]


def _name_value(declared: Filter, value: str | ColumnFilter) -> tuple[str, str]:
    if isinstance(value, ColumnFilter):
        return FILTERABLE[value.column][0], describe_column_filter(value)
    return declared.label, value


def clear_link(view: View, path: str) -> str:
    """The address of the view over all jobs; zone and mode are kept."""
    gone: dict[str, list[str] | None] = dict.fromkeys((*FILTERS, "from", "to", "basis"))
    return view.link(path, **gone, range=[ALL])


def describe_column_filter(one: ColumnFilter) -> str:
    """The filter in words, in the unit of its column."""
    _, measure = FILTERABLE[one.column]
    if isinstance(one.value, str):
        return f"contains {one.value}"
    unit = {Measure.USD: " USD", Measure.HOURS: " h"}.get(measure, "")
    said = f"{one.value:,.10g}{unit}"
    if measure is Measure.SECONDS and one.value >= 0:
        said = format_duration(one.value)
    elif measure is Measure.MIB:
        said = f"{one.value / MIB_PER_GIB:,.10g} GiB"
    return f"{'≥' if one.sign is Sign.LEAST else '≤'} {said}"


def describe_range(view: View) -> str:
    """The time range in words, absolute edges in the page's zone."""
    if view.range:
        return RANGE_WORDS[view.range]
    start, end = view.selection.from_at, view.selection.to_at
    if not start and not end:
        return RANGE_WORDS[ALL]
    zone = view.selection.zone
    if start and end and _is_midnight(start.astimezone(zone)) and _is_midnight(end.astimezone(zone)):
        last_day = (end.astimezone(zone) - timedelta(days=1)).date()
        return f"{start.astimezone(zone).date()} to {last_day}"
    first = format_instant(start.astimezone(zone), seconds=False) if start else "the beginning"
    last = format_instant(end.astimezone(zone), seconds=False) if end else "now"
    return f"{first} to {last}"


def _is_midnight(local: datetime) -> bool:
    return local.time() == time()


def _has_range(view: View) -> bool:
    return bool(view.range or view.selection.from_at or view.selection.to_at)


def _build_range_chip(view: View, path: str) -> Component:
    href = view.link(path, **{"range": [ALL], "from": None, "to": None})
    return _build_chip(view.selection.basis.value.capitalize(), describe_range(view), href)


def _build_chip(label: str, value: str, href: str) -> Component:
    cross = dcc.Link("×", href=href, className="chip-x", title=f"Remove filter {label}: {value}")
    return html.Span(
        [html.Span(label, className="chip-label"), html.Span(value, className="chip-value", title=value), cross],
        className="chip",
    )
