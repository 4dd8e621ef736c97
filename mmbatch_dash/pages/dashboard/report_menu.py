"""The menu of reports: this month's, and those of the year before."""

from datetime import datetime

from dash import html
from dash.development.base_component import Component

from mmbatch_dash.domain.periods import Every, period_of

MONTHS = 13


def build_report_menu(now: datetime) -> Component:
    """A menu whose entries open the PDF of a month."""
    periods = [period_of(now, Every.MONTHLY)]
    while len(periods) < MONTHS:
        periods.append(periods[-1].before())
    links = [
        html.Li(html.A(f"{one.title}{'' if index else ', so far'}", href=f"/api/v1/report.pdf?month={one.name}",
                       target="_blank"))
        for index, one in enumerate(periods)
    ]  # fmt: skip
    return html.Details(
        [
            html.Summary(
                [html.Span(className="icon icon-download"), "Report"],
                className="button",
                title="A month on one dated A4 page and one of detail, as PDF",
            ),
            html.Ul(links, className="chooser-panel report-months"),
        ],
        className="chooser report-menu",
    )
