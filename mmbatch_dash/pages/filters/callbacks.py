"""Address ↔ controls (in the browser, without a round trip), chips, and the known values to choose from."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State, html, no_update
from dash.development.base_component import Component

from mmbatch_dash.domain.selection import TEXT_LIMIT
from mmbatch_dash.pages.defaults import PageDefaults
from mmbatch_dash.pages.filters.chips import build_chips
from mmbatch_dash.pages.filters.ids import LIST_CONTROLS, FilterId
from mmbatch_dash.pages.filters.view import View, parse_view
from mmbatch_dash.pages.wiring import callback
from mmbatch_dash.services import Services
from mmbatch_dash.store.queries.choices import MOST_VALUES

_SINGLES = (
    (FilterId.RANGE, "value"),
    (FilterId.DATES, "start_date"),
    (FilterId.DATES, "end_date"),
    (FilterId.BASIS, "value"),
    (FilterId.TEXT, "value"),
    (FilterId.TIMEZONE, "value"),
    (FilterId.ENGINEERING, "value"),
)


def register_callbacks(app: Dash, services: Services, *, defaults: PageDefaults, location: str, token: str) -> None:
    """Wires the bar to the address.

    Args:
        app: the Dash app.
        services: what is read.
        defaults: where the address says nothing.
        location: id of the page's dcc.Location.
        token: id of the store that changes when data do.
    """
    lists = list(LIST_CONTROLS.values())
    controls = [*((control.value, prop) for control, prop in _SINGLES), *((control, "value") for control in lists)]
    app.clientside_callback(
        ClientsideFunction("mmbatch", "syncFilters"),
        Output(location, "search"),
        *(Output(control, prop) for control, prop in controls),
        *(Output(control, "options") for control in lists),
        Output(FilterId.DATES_BOX.value, "hidden"),
        Input(location, "search"),
        *(Input(control, prop) for control, prop in controls),
        Input(FilterId.CHOICES.value, "data"),
        Input(FilterId.FOUND.value, "data"),
    )

    @callback(
        app,
        Output(FilterId.CHIPS.value, "children"),
        Output(FilterId.PROBLEM.value, "children"),
        Input(location, "search"),
        Input(location, "pathname"),
        prevent_initial_call=True,
    )
    def show_active(search: str | None, path: str | None) -> tuple[Any, Any]:
        return build_active(parse_view(search, datetime.now(UTC), defaults), path or "/")

    @callback(
        app,
        Output(FilterId.CHOICES.value, "data"),
        Input(token, "data"),
        State(FilterId.CHOICES.value, "data"),
        prevent_initial_call=True,
    )
    def offer_choices(_token: str | None, known: dict[str, Any] | None) -> Any:
        offered = read_choices(services, defaults)
        return no_update if offered == known else offered

    @callback(
        app,
        Output(FilterId.FOUND.value, "data"),
        *(Input(control, "search_value") for control in lists),
        State(FilterId.CHOICES.value, "data"),
        prevent_initial_call=True,
    )
    def find_more(*given: Any) -> Any:
        *typed, known = given
        return find_values(services, dict(zip(LIST_CONTROLS, typed, strict=True)), known)


def find_values(services: Services, typed: Mapping[str, str | None], known: dict[str, Any] | None) -> Any:
    """Filter → the values that hold what is typed into its menu, of those whose menu does not hold them all."""
    offered = known["values"] if known else {}
    sought = {name: text for name, text in typed.items() if text and len(offered.get(name, ())) >= MOST_VALUES}
    if not sought:
        return no_update
    return {name: services.reports.search_choices(name, text[:TEXT_LIMIT]) for name, text in sought.items()}


def build_active(view: View, path: str) -> tuple[list[Component], list[Component]]:
    """The chips of a view, and a sentence for each value of the address that is left out."""
    return build_chips(view, path), [html.P(problem, className="filter-problem") for problem in view.problems]


def read_choices(services: Services, defaults: PageDefaults) -> dict[str, Any]:
    """What the controls offer, and where they stand when the address says nothing."""
    return {
        "values": services.reports.filter_choices(),
        "timezone": defaults.timezone,
        "engineering": defaults.engineering,
    }
