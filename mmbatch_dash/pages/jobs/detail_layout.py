"""The places of a job's page, in reading order."""

from dash import dcc, html
from dash.development.base_component import Component

from mmbatch_dash.figures.timeline import KINDS
from mmbatch_dash.pages.jobs.ids import JobId

_POINTS = {
    "checkpoint": "Checkpoint",
    "checkpoint-failed": "Checkpoint failed",
    "reclaimed": "Reclaimed",
    "notice": "EC2 notice",
}
MEANINGS = {
    "waiting": "No instance runs the job: from its submission, or the end of an attempt, to the next start.",
    "restoring": "A checkpoint is read back. Time without new work.",
    "carried": "Work up to the checkpoint that a later attempt went on from. It was not done twice.",
    "latest": "Work of the latest attempt: the job's result, or what is at stake while it runs.",
    "lost": "Work after the last usable checkpoint when the instance was taken or failed. It had to be done again.",
    "dropped": "Work of an attempt that ended by itself, by failure or by hand, and that none went on from.",
    "checkpoint": "The job's state was saved; the time is when it was frozen.",
    "checkpoint-failed": "A checkpoint that was begun and not completed. Nothing can be restored from it.",
    "reclaimed": "EC2 took the Spot instance back, which ended the attempt.",
    "notice": "EC2 told of it ahead: an interruption two minutes before, or a rebalance recommendation.",
}
"""Mark of the timeline → what it says, for those who have not read docs/definitions.md."""
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
    names = {kind: label for kind, label, *_ in KINDS} | _POINTS
    items = [html.Li([_build_key(kind), label]) for kind, label in names.items()]
    said = [html.Div([html.Dt([_build_key(kind), names[kind]]), html.Dd(MEANINGS[kind])]) for kind in names]
    return html.Div(
        [
            html.Ul(items, className="timeline-legend", **{"aria-label": "Marks"}),
            html.Details([html.Summary("What the marks mean"), html.Dl(said)], className="timeline-meanings"),
        ]
    )


def _build_key(kind: str) -> Component:
    return html.Span(className=f"key key-{kind}", **{"aria-hidden": "true"})


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
