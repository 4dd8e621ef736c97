"""The places of the page of nodes."""

from dash import dcc, html
from dash.development.base_component import Component

from mmbatch_dash.pages.nodes.filters import build_node_filters
from mmbatch_dash.pages.nodes.ids import NodesId


def layout(**_query: object) -> Component:
    """The page, its table still empty; the callback fills it from the address."""
    return html.Div(
        [
            dcc.Store(id=NodesId.DIGESTS.value),
            html.Div(
                [
                    html.Div([html.H1("Nodes"), html.P(id=NodesId.SCOPE.value, className="scope", role="status")]),
                    html.Div(
                        [
                            _build_export(
                                NodesId.CSV, "CSV", "Download the nodes of this selection, finished ones too"
                            ),
                            _build_export(NodesId.FINISHED_CSV, "CSV of finished nodes", "Download the finished nodes"),
                            html.Span(className="export-state", role="status", **{"data-export-state": "true"}),
                        ],
                        className="list-tools",
                    ),
                ],
                className="page-head list-head",
            ),
            html.Div(
                [html.Div(id=NodesId.STATES.value, className="node-states"), build_node_filters()],
                className="node-bar",
            ),
            html.Div(id=NodesId.NOTICE.value, className="notice-slot"),
            html.Section(
                html.Div(html.Div(className="bones bones-table"), id=NodesId.TABLE.value),
                className="panel nodes-panel",
                **{"aria-label": "Nodes"},
            ),
        ],
        className="nodes-page dashboard",
    )


def _build_export(name: NodesId, label: str, title: str) -> Component:
    return html.A(
        [html.Span(className="icon icon-download"), label],
        id=name.value,
        href="",
        download="",
        className="button export",
        title=title,
        **{"data-export": label},
    )
