"""The frame as a browser first gets it: all that callbacks would fill in later is in it, for the address it has."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from dash.development.base_component import Component
from flask import has_request_context, request

from mmbatch_dash.pages.filling import fill
from mmbatch_dash.pages.filters.callbacks import build_active, read_choices
from mmbatch_dash.pages.filters.ids import LIST_CONTROLS, FilterId
from mmbatch_dash.pages.filters.layout import CUSTOM
from mmbatch_dash.pages.filters.view import ALL, View, parse_query, parse_view
from mmbatch_dash.pages.frame import build_frame, build_not_found
from mmbatch_dash.pages.freshness import build_freshness
from mmbatch_dash.pages.ids import ShellId
from mmbatch_dash.pages.kept import RECHECK_SECONDS, KeptPages
from mmbatch_dash.pages.markup import render_markup
from mmbatch_dash.pages.page import Context, PageBook
from mmbatch_dash.pages.problem import log_problem
from mmbatch_dash.pages.user import read_user
from mmbatch_dash.services import Services

Values = dict[tuple[str, str], Any]


def open_frame(book: PageBook, services: Services, context: Context, kept: KeptPages, *, simulated: bool) -> Component:
    """The frame for the address that the request names in `path` and `search`; empty, and nothing read, without.

    Dash itself asks for one without address as the first request of all comes in.
    """
    if not has_request_context() or "path" not in request.args:
        return build_frame(book, context.defaults)
    path, search = request.args["path"], request.args.get("search", "")
    return kept.keep(
        "parts", path, search, lambda: open_address(book, services, context, path, search, simulated=simulated)
    )


def draw_address(
    book: PageBook, services: Services, context: Context, kept: KeptPages, path: str, search: str, *, simulated: bool
) -> str:
    """The frame with everything in it that belongs to an address, as markup."""

    def draw() -> tuple[str, bool]:
        frame, may_be_kept = open_address(book, services, context, path, search, simulated=simulated)
        return render_markup(frame), may_be_kept

    return kept.keep("markup", path, search, draw)


def open_address(
    book: PageBook, services: Services, context: Context, path: str, search: str, *, simulated: bool
) -> tuple[Component, bool]:
    """The frame with everything in it that belongs to an address, and whether it holds until data change.

    So does that of a page that comes filled; others read what changes by other hands.
    """
    content, bar_hidden, problem = open_page(book, services, context, path, search)
    values: Values = {
        **_read_shell(services, context, path, search, simulated=simulated),
        (ShellId.CONTENT, "children"): content,
        (FilterId.BAR, "hidden"): bar_hidden,
        (ShellId.LOCATION, "pathname"): path,
        (ShellId.LOCATION, "search"): search,
        (ShellId.PROBLEM, "children"): problem,
    }
    page, _ = book.find(path)
    holds = page is not None and page.filled is not None and problem is None
    return fill(build_frame(book, context.defaults), values), holds


def open_page(
    book: PageBook, services: Services, context: Context, path: str, search: str
) -> tuple[Component, bool, Component | None]:
    """The page of an address, whether the filter bar is hidden there, and what went wrong while it was filled."""
    page, parts = book.find(path)
    if page is None:
        return build_not_found(path), True, None
    problem = None
    if page.filled:
        try:
            return page.filled(services, context, search), not page.uses_filters, None
        except Exception as error:  # noqa: BLE001 - the page stands with its skeletons, and says what failed
            problem = log_problem(error)
    query = parse_query(search)
    return page.layout(**{**query, **parts}), not page.uses_filters, problem


def read_state(services: Services, context: Context, zone: str | None, *, simulated: bool) -> tuple[Any, bool, str]:
    """Freshness, whether the banner of simulated data is hidden, and what changes whenever figures may have."""
    fresh = services.reports.freshness()
    view = parse_view(f"tz={zone}" if zone else "", datetime.now(UTC), context.defaults)
    share = fresh.rebuild.share if fresh.rebuild else None
    label = build_freshness(fresh.as_of, fresh.lag_seconds, view.selection.zone, fresh.problem, fresh.degraded, share)
    token = f"{services.reports.version()}.{int(time.time() // RECHECK_SECONDS)}"
    return label, not (simulated or fresh.simulated), token


def _read_shell(services: Services, context: Context, path: str, search: str, *, simulated: bool) -> Values:
    view = parse_view(search, datetime.now(UTC), context.defaults)
    label, banner_hidden, token = read_state(services, context, view.selection.tz, simulated=simulated)
    chips, problems = build_active(view, path)
    user, open_hidden = read_user()
    choices = read_choices(services, context.defaults)
    return {
        **_read_lists(choices["values"], search),
        (ShellId.FRESHNESS, "children"): label,
        (ShellId.BANNER, "hidden"): banner_hidden,
        (ShellId.TOKEN, "data"): token,
        (ShellId.USER, "children"): user,
        (ShellId.OPEN_BANNER, "hidden"): open_hidden,
        (FilterId.CHIPS, "children"): chips,
        (FilterId.PROBLEM, "children"): problems,
        (FilterId.CHOICES, "data"): choices,
        (FilterId.TIMEZONE, "value"): view.selection.tz,
        (FilterId.RANGE, "value"): _name_range(view),
        (FilterId.BASIS, "value"): view.selection.basis.value,
    }


def _name_range(view: View) -> str:
    """The choice of time that stands for the view; `filters.js` reads it from the address in the same way."""
    dated = view.selection.from_at or view.selection.to_at
    return view.range or (CUSTOM if dated else ALL)


def _read_lists(known: Mapping[str, list[str]], search: str) -> Values:
    query = parse_query(search)
    values: Values = {}
    for name, control in LIST_CONTROLS.items():
        offered, chosen = known.get(name, []), query.get(name, [])
        values[control, "options"] = [*offered, *(value for value in chosen if value not in offered)]
        values[control, "value"] = chosen
    return values
