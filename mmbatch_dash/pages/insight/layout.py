"""The places of the page of insight."""

from dash import dcc, html
from dash.development.base_component import Component

from mmbatch_dash.pages.insight.ids import InsightId
from mmbatch_dash.pages.insight.what_if import build_what_if


def layout(**_query: object) -> Component:
    """The page, its panels still empty; the callback fills them from the address."""
    return html.Div(
        [
            dcc.Store(id=InsightId.DIGESTS.value),
            html.Div(
                [
                    html.Div([html.H1("Insight"), html.P(id=InsightId.SCOPE.value, className="scope", role="status")]),
                    html.Div(id=InsightId.BY.value, className="list-tools"),
                ],
                className="page-head list-head",
            ),
            html.P(id=InsightId.SUMMARY.value, className="insight-summary"),
            html.Div(html.Div(className="bones bones-table"), id=InsightId.ROWS.value, className="insight-rows"),
            build_what_if(),
            _build_panel(
                "Waiting",
                "How long jobs wait for an instance: before their first start, and between attempts.",
                InsightId.WAITING,
            ),
            _build_panel(
                "Efficiency",
                "How much of the CPU and memory asked for is used, and the size that 95 % of the runs fit into.",
                InsightId.EFFICIENCY,
            ),
        ],
        className="insight-page dashboard",
    )


def _build_panel(title: str, lead: str, place: InsightId) -> Component:
    head = html.Div(html.Div([html.H2(title), html.P(lead, className="panel-lead")]), className="panel-head")
    body = html.Div(html.Div(className="bones bones-table"), id=place.value)
    return html.Section([head, body], className="panel", **{"aria-label": title})
