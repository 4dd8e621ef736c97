"""The Dashboard before the first job, and when filters leave none."""

from dash import dcc, html
from dash.development.base_component import Component

from mmbatch_dash.pages.filters.chips import clear_link, describe_range
from mmbatch_dash.pages.filters.view import View


def build_first_run(host_url: str) -> Component:
    """Three ways to the first figures, each to be copied.

    Args:
        host_url: this server as the reader reached it, with or without a slash at the end.
    """
    host = host_url.rstrip("/")
    event = (
        '{"specversion": "1.0", "id": "first-1", "source": "/my-fleet", '
        '"type": "mmbatch.job.submitted", "time": "2026-01-01T00:00:00Z", '
        '"data": {"job_id": "first-job", "queue": "trial", "vcpus": 8}}'
    )
    curl = f"curl -X POST {host}/api/v1/events \\\n  -H 'Content-Type: application/cloudevents+json' \\\n  -d '{event}'"
    return html.Div(
        [
            html.H1("No job has arrived yet"),
            html.P(
                "This page will show what AWS Batch jobs cost, what Spot and checkpoints saved, and how often a "
                "reclaimed job went on instead of starting again. It fills itself as soon as the first event is in.",
                className="lead",
            ),
            html.Ol(
                [
                    _build_step(
                        "Send the first event",
                        "Any agent or script can. The answer names what was accepted.",
                        curl,
                        "first-run-curl",
                    ),
                    _build_step(
                        "Import a file",
                        "Events, AWS Batch job descriptions and Nextflow traces are read.",
                        "python -m mmbatch_dash import --data-dir DIR --format nextflow trace.txt",
                        "first-run-import",
                    ),
                    _build_step(
                        "Look around with simulated data",
                        "A made-up fleet in a data directory of its own, marked as simulated on every page.",
                        "make demo",
                        "first-run-demo",
                    ),
                ],
                className="steps",
            ),
        ],
        className="first-run",
    )


def build_nothing_fits(view: View) -> Component:
    """What to do when no job fits the filters."""
    if not view.selection.active() and view.selection.from_at:
        said, way = f"No job was {view.selection.basis.value} in the {describe_range(view)}.", "All time"
    else:
        said, way = "No job fits these filters.", "Clear filters"
    return html.Div(
        [
            html.Strong(said),
            html.Span("There are jobs in the store, but none in this selection."),
            dcc.Link(way, href=clear_link(view, "/"), className="button"),
        ],
        className="notice",
    )


def _build_step(title: str, text: str, command: str, name: str) -> Component:
    code_id = f"dashboard-{name}"
    return html.Li(
        [
            html.H2(title),
            html.P(text),
            html.Div(
                [
                    html.Pre(html.Code(command), id=code_id, tabIndex=0),
                    dcc.Clipboard(content=command, className="copy", title=f"Copy: {title}"),
                ],
                className="command",
            ),
        ]
    )
