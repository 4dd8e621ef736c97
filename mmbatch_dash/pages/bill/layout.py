"""The places of the page Bill."""

from dash import html
from dash.development.base_component import Component

from mmbatch_dash.pages.bill.ids import BillId
from mmbatch_dash.pages.marks import build_drop_zone


def layout(**_query: object) -> Component:
    """The page, still empty; the callback fills it."""
    export = html.A(
        [html.Span(className="icon icon-download"), "CSV"],
        href="/api/v1/bill.csv",
        download="",
        id=BillId.EXPORT.value,
        className="button export",
        title="Download every day, account and instance with its causes",
    )
    return html.Div(
        [
            html.Div(
                [
                    html.Div(
                        [html.H1("Bill"), html.P(id=BillId.LEAD.value, className="scope", role="status")],
                    ),
                    html.Div(export, className="list-tools"),
                ],
                className="page-head list-head",
            ),
            html.Div(
                [
                    _panel(
                        "Why they differ", "AWS's figure minus ours; the causes sum to the difference.", BillId.CAUSES
                    ),
                    _panel("By day", "Days are of UTC, as on the bill.", BillId.DAYS),
                    _panel("By day, account and instance", "The largest differences; the CSV holds all.", BillId.ROWS),
                ],
                id=BillId.COMPARED.value,
                className="bill-compared",
            ),
            html.Section(
                [
                    html.Div(html.H2("Files"), className="panel-head"),
                    html.Div(id=BillId.FILES.value),
                    html.P(
                        "A cost and usage report (CUR 2.0, with split cost allocation data or not) or FOCUS, as CSV or "
                        "Parquet. Savings plans and reservations stand as they are used.",
                        className="panel-lead",
                    ),
                    build_drop_zone("bills", id=BillId.DROP.value),
                    html.Pre(html.Code(id=BillId.HOW.value), tabIndex=0),
                ],
                className="panel",
                **{"aria-label": "Files"},
            ),
        ],
        className="dashboard bill-page",
    )


def _panel(title: str, lead: str, place: BillId) -> Component:
    head = html.Div(html.Div([html.H2(title), html.P(lead, className="panel-lead")]), className="panel-head")
    body = html.Div(html.Div(className="bones bones-table"), id=place.value)
    return html.Section([head, body], className="panel", **{"aria-label": title})
