"""The Dashboard's places, in reading order, each as high as what will fill it."""

from datetime import UTC, datetime

import dash_bootstrap_components as dbc
from dash import dcc, html
from dash.development.base_component import Component

from mmbatch_dash.figures.reclaims import ReclaimKey
from mmbatch_dash.pages.dashboard.cards import CARDS, SAVINGS, build_card
from mmbatch_dash.pages.dashboard.ids import DashboardId
from mmbatch_dash.pages.dashboard.price_coverage import build_price_panel
from mmbatch_dash.pages.dashboard.report_menu import build_report_menu
from mmbatch_dash.pages.dashboard.where import USUAL
from mmbatch_dash.pages.filters.view import BY_BASIS, INCURRED
from mmbatch_dash.pages.segments import build_segments

_GRAPH_CONFIG = {"displayModeBar": False, "displaylogo": False, "doubleClick": "reset"}


def layout(bucket: list[str] | None = None, **_query: object) -> Component:
    """The page with skeletons; the callback fills it from the address.

    Args:
        bucket: of the address: where money and hours stand in time.
    """
    spread = INCURRED if (bucket or [""])[-1] == INCURRED else BY_BASIS
    return html.Div(
        [
            dcc.Store(id=DashboardId.DIGESTS.value),
            dcc.Download(id=DashboardId.DOWNLOAD.value),
            html.Div(id=DashboardId.FIRST_RUN.value, className="first-run-slot"),
            html.Div(_build_body(spread), id=DashboardId.BODY.value, className="dashboard"),
        ],
        className="dashboard-page",
    )


def _build_body(spread: str) -> list[Component]:
    return [
        html.Div(
            [
                html.H1("Dashboard"),
                html.P(id=DashboardId.SCOPE.value, className="scope"),
                build_report_menu(datetime.now(UTC)),
                html.Div(id=DashboardId.MARKS.value, className="marks"),
            ],
            className="page-head",
        ),
        html.P(id=DashboardId.SENTENCE.value, className="sentence", role="status"),
        html.Div(id=DashboardId.NOTICE.value, className="notice-slot"),
        _build_cards(),
        html.Section(
            [
                html.H2("Running now", className="running-title"),
                html.Dl(id=DashboardId.RUNNING.value, className="running-items"),
            ],
            className="running",
        ),
        html.Div(
            [
                _build_chart(
                    "What it cost and what was saved",
                    html.Span(id=DashboardId.COST_LEAD.value),
                    DashboardId.COST,
                    DashboardId.COST_TEXT,
                    DashboardId.COST_CSV,
                    _build_spread_switch(spread),
                ),
                _build_chart(
                    "Spot protections by outcome",
                    html.Span(id=DashboardId.PROTECTIONS_RATE.value),
                    DashboardId.PROTECTIONS,
                    DashboardId.PROTECTIONS_TEXT,
                    DashboardId.PROTECTIONS_CSV,
                ),
            ],
            className="panel-row",
        ),
        html.Div(
            [
                _build_chart(
                    "CPU hours by queue",
                    html.Span(id=DashboardId.HOURS_LEAD.value),
                    DashboardId.HOURS,
                    DashboardId.HOURS_TEXT,
                    DashboardId.HOURS_CSV,
                ),
                _build_chart(
                    "Reclaims by hour of day",
                    "When EC2 took instances back.",
                    DashboardId.RECLAIMS,
                    DashboardId.RECLAIMS_TEXT,
                    DashboardId.RECLAIMS_CSV,
                    _build_reclaims_switch(),
                ),
            ],
            className="panel-row",
        ),
        html.Div(id=DashboardId.ENGINEERING.value, className="engineering-slot"),
        _build_where_panel(),
        _build_panel(
            "Queues",
            "A queue's name shows only its jobs.",
            html.Div(id=DashboardId.QUEUES.value, className="queues-slot"),
            DashboardId.QUEUES_CSV,
        ),
        build_price_panel(),
        html.Footer(
            "Costs are instance costs. EBS, checkpoint storage, data transfer and idle or booting instances are not "
            "in these figures. Each job is charged as the pricing settings say.",
            className="page-foot",
        ),
    ]


def _build_cards() -> Component:
    first = [build_card(figure) for figure in CARDS if figure.name not in SAVINGS]
    savings = [build_card(figure) for figure in CARDS if figure.name in SAVINGS]
    return html.Section(
        [html.Div(first, className="cards cards-base"), html.Div(savings, className="cards cards-savings")],
        **{"aria-label": "Headline figures"},
    )


def _build_chart(
    title: str, lead: str | Component, graph: DashboardId, text: DashboardId, csv: DashboardId, *tools: Component
) -> Component:
    chart = html.Figure(
        [
            dcc.Graph(id=graph.value, config=_GRAPH_CONFIG, className="chart", figure=_blank(), responsive=True),
            html.Figcaption(id=text.value, className="visually-hidden"),
        ],
        className="chart-box",
        **{"aria-label": title},
    )
    return _build_panel(title, lead, chart, csv, *tools)


def _build_panel(title: str, lead: str | Component, body: Component, csv: DashboardId, *tools: Component) -> Component:
    button = html.Button(
        [html.Span(className="icon icon-download"), "CSV"],
        id=csv.value,
        className="csv-button",
        title=f"Download the data of “{title}” as CSV",
        **{"aria-label": f"Download the data of {title} as CSV"},
    )
    head = html.Div(
        [
            html.Div([html.H2(title), html.P(lead, className="panel-lead")]),
            html.Div([*tools, button], className="panel-tools"),
        ],
        className="panel-head",
    )
    return html.Section([head, body], className="panel")


def _build_where_panel() -> Component:
    choice = html.Div(
        [
            html.Label("By", htmlFor=DashboardId.WHERE_BY.value),
            dbc.Select([], USUAL, id=DashboardId.WHERE_BY.value, class_name="filter-select"),
        ],
        className="panel-tools choice",
    )
    lead = html.P("Who and what the money went to, and what was saved there.", className="panel-lead")
    head = html.Div([html.Div([html.H2("Where it goes"), lead]), choice], className="panel-head")
    return html.Section([head, html.Div(id=DashboardId.WHERE.value, className="where-slot")], className="panel")


def _build_spread_switch(spread: str) -> Component:
    return html.Div(
        build_segments(
            [
                {"label": html.Span("By job", title="When its job was submitted or completed"), "value": BY_BASIS},
                {"label": html.Span("As incurred", title="When attempts ran, as on the AWS bill"), "value": INCURRED},
            ],
            spread,
            DashboardId.SPREAD.value,
            small=True,
        ),
        role="group",
        **{"aria-label": "Where money and hours stand in time"},
    )


def _build_reclaims_switch() -> Component:
    return build_segments(
        [
            {"label": "Instance type", "value": ReclaimKey.INSTANCE_TYPE.value},
            {"label": "Zone", "value": ReclaimKey.AVAILABILITY_ZONE.value},
        ],
        ReclaimKey.INSTANCE_TYPE.value,
        DashboardId.RECLAIMS_KEY.value,
        small=True,
    )


def _blank() -> dict[str, object]:
    hidden = {"visible": False}
    clear = "rgba(0,0,0,0)"
    return {"data": [], "layout": {"xaxis": hidden, "yaxis": hidden, "paper_bgcolor": clear, "plot_bgcolor": clear}}
