"""The places of a job's page, in reading order."""

from dash import dcc, html
from dash.development.base_component import Component

from mmbatch_dash.figures.timeline import KINDS
from mmbatch_dash.pages.jobs.ids import JobId

_GRAPH_CONFIG = {"displayModeBar": False, "displaylogo": False, "doubleClick": "reset"}


def detail_layout(job_id: str = "", **_query: object) -> Component:
    """The page with skeletons; its callback fills it.

    Args:
        job_id: of the address.
    """
    clear = "rgba(0,0,0,0)"
    hidden = {"visible": False}
    blank = {"data": [], "layout": {"xaxis": hidden, "yaxis": hidden, "paper_bgcolor": clear, "plot_bgcolor": clear}}
    chart = html.Figure(
        [
            _build_legend(),
            html.Div(
                dcc.Graph(
                    id=JobId.TIMELINE.value, config=_GRAPH_CONFIG, figure=blank, responsive=True, className="chart"
                ),
                id=JobId.TIMELINE_BOX.value,
                className="timeline-chart",
            ),
            html.Figcaption(id=JobId.TIMELINE_TEXT.value, className="visually-hidden"),
        ],
        className="timeline-box",
        **{"aria-label": "Timeline"},
    )
    return html.Div(
        [
            dcc.Store(id=JobId.WANTED.value, data=job_id),
            dcc.Store(id=JobId.DIGESTS.value),
            dcc.Store(id=JobId.SKIPPED.value, data=0),
            html.Div(id=JobId.MISSING.value),
            html.Div(
                [
                    html.Header(_build_bones(), id=JobId.HEAD.value, className="job-head"),
                    html.Section(html.Div(id=JobId.FACTS.value), className="panel", **{"aria-label": "Facts"}),
                    html.Div(id=JobId.FAMILY.value),
                    _build_panel("Timeline", "A lane an attempt; drag to zoom, double click to see all.", chart),
                    _build_panel(
                        "Figures and how they were computed",
                        "Each opens to its formula with this job's numbers (times in UTC) and its rates.",
                        html.Div(id=JobId.FIGURES.value),
                    ),
                    _build_panel("Attempts", "One placement on one instance each.", html.Div(id=JobId.ATTEMPTS.value)),
                    _build_panel("Checkpoints and restores", "", html.Div(id=JobId.CHECKPOINTS.value)),
                    _build_panel(
                        "What was said of it", "", html.Div(id=JobId.EVENTS.value), _build_pager(), kind="panel"
                    ),
                ],
                id=JobId.BODY.value,
                className="dashboard job-page",
            ),
        ]
    )


def build_missing(job_id: str, reason: str, back: str) -> Component:
    """The page of an id nobody spoke of.

    Args:
        job_id: of the address.
        reason: why there is nothing, and what to do.
        back: address of the list.
    """
    return html.Div(
        [
            html.H1("There is no such job"),
            html.P(html.Bdi(job_id[:200], className="mono")),
            html.P(reason),
            dcc.Link("Open the list of jobs", href=back, className="button"),
        ],
        className="message-page",
    )


def _build_legend() -> Component:
    # Written here, not by Plotly, whose legend leaves the chart no room on a phone.
    names = [(kind, label) for kind, label, *_ in KINDS]
    names += [("checkpoint", "Checkpoint"), ("checkpoint-failed", "Checkpoint failed"), ("reclaimed", "Reclaimed")]
    names.append(("notice", "EC2 notice"))
    items = [html.Li([html.Span(className=f"key key-{kind}"), label]) for kind, label in names]
    return html.Ul(items, className="timeline-legend", **{"aria-label": "What the marks mean"})


def _build_panel(title: str, lead: str, *body: Component, kind: str = "panel of-one-job") -> Component:
    # A job that only holds others has no attempts and counts in no figure: its page hides what is of one job.
    head = html.Div(
        html.Div([html.H2(title), html.P(lead, className="panel-lead") if lead else None]), className="panel-head"
    )
    return html.Section([head, *body], className=kind, **{"aria-label": title})


def _build_pager() -> Component:
    return html.Div(
        [
            html.Button("Earlier events", id=JobId.OLDER.value, className="button", hidden=True),
            html.Button("Latest events", id=JobId.LATEST.value, className="button", hidden=True),
        ],
        className="pager",
    )


def _build_bones() -> Component:
    return html.Div([html.Span(className="bone bone-value"), html.Span(className="bone bone-line")], className="bones")
