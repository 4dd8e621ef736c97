"""The filter bar: a sticky row on wide screens, a sheet on narrow ones (same controls, CSS decides)."""

from functools import cache
from zoneinfo import available_timezones

import dash_bootstrap_components as dbc
from dash import dcc, html
from dash.development.base_component import Component

from mmbatch_dash.domain.choices import Basis
from mmbatch_dash.domain.selection import FILTERS
from mmbatch_dash.pages.defaults import PageDefaults
from mmbatch_dash.pages.filters.ids import LIST_CONTROLS, FilterId
from mmbatch_dash.pages.filters.view import DEFAULT_RANGE, RANGE_WORDS

ZONES_ID = "filters-zones"
OWN_ZONE_ID = "filters-own-zone"
TYPING_MS = 350
"""A search starts when nothing was typed for this long."""

CUSTOM = "custom"
_RANGES = [{"label": words.capitalize(), "value": key} for key, words in RANGE_WORDS.items()]


def build_filters(defaults: PageDefaults) -> Component:
    """The bar with every control empty; the clientside function fills them from the address."""
    return html.Section(
        [
            html.Div(
                [
                    html.Button("Filters", className="sheet-open", **{"data-sheet": "open", "aria-expanded": "false"}),
                    html.Div(_build_controls(), className="filters-controls", id=FilterId.SHEET.value),
                ],
                className="filters-row",
            ),
            html.Div(
                [
                    html.Div(id=FilterId.CHIPS.value, className="chips", role="status"),
                    dbc.Switch(
                        id=FilterId.ENGINEERING.value,
                        label="Engineering Mode",
                        value=defaults.engineering,
                        class_name="engineering-switch",
                    ),
                ],
                className="filters-active",
            ),
            html.Div(id=FilterId.PROBLEM.value, role="alert"),
            dcc.Store(id=FilterId.CHOICES.value),
            dcc.Store(id=FilterId.FOUND.value),
        ],
        id=FilterId.BAR.value,
        className="filters",
        **{"aria-label": "Filters", "data-lists": " ".join(LIST_CONTROLS)},
    )


def build_timezone(defaults: PageDefaults) -> Component:
    """The zone choice of the top bar: a name to type, of which the browser proposes those that fit.

    The zones are put into the list of proposals when the focus comes: six hundred at once would cost every page load.
    """
    return html.Div(
        [
            html.Label("Time zone", htmlFor=FilterId.TIMEZONE.value, className="visually-hidden"),
            dbc.Input(
                value=defaults.timezone,
                id=FilterId.TIMEZONE.value,
                type="text",
                list=ZONES_ID,
                debounce=True,
                autocomplete="off",
                maxlength=64,
                class_name="tz",
            ),
            html.Datalist(id=ZONES_ID),
            html.Button("", id=OWN_ZONE_ID, className="tz-own", hidden=True),
        ],
        className="tz-box",
        title="Time zone of all times, days and hours shown",
        **{"data-zones": " ".join(_name_zones(defaults.timezone))},
    )


@cache
def _name_zones(own: str) -> list[str]:
    zones = sorted(name for name in available_timezones() if "/" in name and not name.startswith("Etc/"))
    return list(dict.fromkeys(["UTC", *zones, own]))


def _build_controls() -> list[Component]:
    dates = dcc.DatePickerRange(
        id=FilterId.DATES.value,
        display_format="YYYY-MM-DD",
        minimum_nights=0,
        clearable=True,
        start_date_placeholder_text="From",
        end_date_placeholder_text="To",
    )
    return [
        html.Div(
            [html.H2("Filters"), html.Button("Done", className="sheet-close", **{"data-sheet": "close"})],
            className="sheet-head",
        ),
        html.Label("Time range", htmlFor=FilterId.RANGE.value, className="visually-hidden"),
        dbc.Select(
            [*_RANGES, {"label": "Dates …", "value": CUSTOM}],
            DEFAULT_RANGE,
            id=FilterId.RANGE.value,
            class_name="filter-select filter-range",
        ),
        html.Div(dates, id=FilterId.DATES_BOX.value, className="filters-dates", hidden=True),
        html.Label("Time the range refers to", htmlFor=FilterId.BASIS.value, className="visually-hidden"),
        dbc.Select(
            [{"label": basis.value.capitalize(), "value": basis.value} for basis in Basis],
            Basis.SUBMITTED.value,
            id=FilterId.BASIS.value,
            class_name="filter-select filter-basis",
        ),
        *(_build_choice(name, control) for name, control in LIST_CONTROLS.items()),
        # Not dcc.Input: with debounce it puts the caret back late, and typing under load comes out reordered.
        dbc.Input(
            id=FilterId.TEXT.value,
            type="search",
            placeholder="Search id, name, user, reason",
            debounce=TYPING_MS,
            class_name="filter-text",
            maxlength=512,
            autocomplete="off",
        ),
    ]


def _build_choice(name: str, control: str) -> Component:
    label = FILTERS[name].label
    return html.Div(
        dcc.Dropdown(
            [],
            [],
            id=control,
            multi=True,
            placeholder=label,
            closeOnSelect=False,
            maxHeight=320,
            labels={"selected_count": "{num_selected}", "search": f"Search {label.lower()}"},
        ),
        className="filter",
        role="group",
        style={"--label": f'"{label}"'},
        **{"aria-label": label, "data-label": label},
    )
