"""Filters on single columns: a control for each, which writes the `where` parameters of the address."""

from dash import ClientsideFunction, Dash, Input, Output, State, dcc, html
from dash.development.base_component import Component

from mmbatch_dash.domain.column_filter import FILTERABLE, Measure, Sign
from mmbatch_dash.domain.units import MIB_PER_GIB
from mmbatch_dash.pages.jobs.ids import JobsId, where_id

_ASKED_IN: dict[Measure, tuple[str, int]] = {
    Measure.USD: ("USD", 1),
    Measure.HOURS: ("h", 1),
    Measure.SECONDS: ("min", 60),
    Measure.MIB: ("GiB", MIB_PER_GIB),
}
"""Measure → the unit people type, and how many of the column's own it is."""

CONTROLS: tuple[tuple[str, Sign], ...] = tuple(
    (column, sign)
    for column, (_, measure) in FILTERABLE.items()
    for sign in ((Sign.CONTAINS,) if measure is Measure.TEXT else (Sign.LEAST, Sign.MOST))
)


def build_column_filters() -> Component:
    """The panel that opens over the list; empty controls filter nothing."""
    texts = [column for column, (_, measure) in FILTERABLE.items() if measure is Measure.TEXT]
    numbers = [column for column in FILTERABLE if column not in texts]
    return html.Details(
        [
            html.Summary(
                ["Filter columns", html.Span(className="chooser-count", **{"data-where-count": ""})], className="button"
            ),
            html.Div(
                [
                    dcc.Store(id=JobsId.WHERE.value, data=[[c, s.value, _scale(c)] for c, s in CONTROLS]),
                    html.P(
                        "All must hold; a job whose value is unknown fits none. "
                        "Totals, exports and the Dashboard follow.",
                        className="panel-lead",
                    ),
                    html.Div([_build_text(column) for column in texts], className="where-texts"),
                    html.Div([_build_range(column) for column in numbers], className="where-ranges"),
                ],
                className="chooser-panel where-panel",
            ),
        ],
        className="chooser column-filters",
    )


def register_column_filters(app: Dash, location: str) -> None:
    """Wires the controls to the address, both ways, in the browser."""
    ids = [where_id(column, sign) for column, sign in CONTROLS]
    app.clientside_callback(
        ClientsideFunction("mmbatch", "followWhere"),
        *(Output(name, "value") for name in ids),
        Input(location, "search"),
        *(Input(name, "value") for name in ids),
        State(JobsId.WHERE.value, "data"),
    )


def _build_text(column: str) -> Component:
    label, _ = FILTERABLE[column]
    name = where_id(column, Sign.CONTAINS)
    box = dcc.Input(id=name, type="text", debounce=True, placeholder="contains …", maxLength=400, className="where-box")
    return html.Div([html.Label(label, htmlFor=name), box], className="where-row")


def _build_range(column: str) -> Component:
    label, measure = FILTERABLE[column]
    unit, _ = _ASKED_IN.get(measure, ("", 1))
    least, most = where_id(column, Sign.LEAST), where_id(column, Sign.MOST)
    return html.Div(
        [
            html.Span(f"{label} ({unit})" if unit else label, className="where-name"),
            html.Label("from", htmlFor=least, className="where-edge"),
            _build_number(least),
            html.Label("to", htmlFor=most, className="where-edge"),
            _build_number(most),
        ],
        className="where-row",
        role="group",
        **{"aria-label": label},
    )


def _build_number(name: str) -> Component:
    # Of type text: a browser complains where the address empties an input of type number.
    return dcc.Input(id=name, type="text", inputMode="decimal", debounce=True, maxLength=40, className="where-box")


def _scale(column: str) -> int:
    return _ASKED_IN.get(FILTERABLE[column][1], ("", 1))[1]
