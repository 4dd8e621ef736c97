"""The Dashboard before the first job, and when filters leave none."""

import json
import shlex
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component
from flask import g, has_request_context, request

from mmbatch_dash.domain.identity import CallerKind, Identity
from mmbatch_dash.domain.instants import to_iso
from mmbatch_dash.pages.filters.chips import clear_link, describe_range
from mmbatch_dash.pages.filters.view import View
from mmbatch_dash.pages.marks import build_copy, build_drop_zone
from mmbatch_dash.services import Services

_ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True, slots=True)
class Place:
    """Where the reader stands, for commands that work as they are copied.

    Attributes:
        url: this server as the reader reached it, without a slash at the end.
        data_dir: folder of the server.
        asks_for_token: a login is configured, so scripts need a token.
        now: time of the first event, so that the page shows it.
    """

    url: str
    data_dir: Path
    asks_for_token: bool
    now: datetime


def read_place(services: Services) -> Place:
    """Where the reader stands now."""
    identity = g.get("identity") if has_request_context() else None
    asks = isinstance(identity, Identity) and identity.kind is not CallerKind.OPEN
    return Place(request.host_url.rstrip("/"), services.settings.data_dir, asks, datetime.now(UTC))


def build_first_run(place: Place) -> Component:
    """Three ways to the first figures, each to be copied and run as it stands."""
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
                        describe_event(place),
                        "first-run-curl",
                    ),
                    _build_step(
                        "Import a file",
                        "Events, AWS Batch job descriptions, Nextflow traces and price lists are read, packed or not. "
                        "These lines make a small file and send it; files of yours can be dropped below.",
                        describe_import(place),
                        "first-run-import",
                        build_drop_zone("events"),
                    ),
                    _build_step(
                        "Look around with simulated data",
                        "A made-up fleet in a data directory of its own, at an address of its own, marked as simulated "
                        "on every page.",
                        "\n".join([*_go_to_sources(), "make demo"]),
                        "first-run-demo",
                    ),
                ],
                className="steps",
            ),
        ],
        className="first-run",
    )


def describe_event(place: Place) -> str:
    """The commands that send the first event."""
    event = json.dumps(_event(place, "job.submitted", {"job_id": "first-job", "queue": "trial", "vcpus": 8}))
    send = [
        f"curl -X POST {place.url}/api/v1/events",
        "-H 'Content-Type: application/cloudevents+json'",
        *_token_header(place),
        f"-d '{event}'",
    ]
    return "\n".join([*_make_token(place), " \\\n  ".join(send)])


def describe_import(place: Place) -> str:
    """The commands that make a small file and import it into this server."""
    kinds = ("job.submitted", "job.started", "job.succeeded")
    job = {"job_id": "first-import", "queue": "trial", "vcpus": 4}
    attempt = {"job_id": "first-import", "attempt": 1}
    lines = [json.dumps(_event(place, kind, job if kind == kinds[0] else attempt)) for kind in kinds]
    send = [
        f"curl -X POST '{place.url}/api/v1/import?name=first-import.ndjson'",
        *_token_header(place),
        "--data-binary @first-import.ndjson",
    ]
    make = ["cat > first-import.ndjson <<'END'", *lines, "END"]
    return "\n".join([*_make_token(place), *make, " \\\n  ".join(send)])


def _event(place: Place, kind: str, data: dict[str, Any]) -> dict[str, Any]:
    head = {"specversion": "1.0", "id": f"{data['job_id']}-{kind}", "source": "/my-fleet"}
    return {**head, "type": f"mmbatch.{kind}", "time": to_iso(place.now.replace(microsecond=0)), "data": data}


def _make_token(place: Place) -> list[str]:
    if not place.asks_for_token:
        return []
    python, folder = shlex.quote(sys.executable), shlex.quote(str(place.data_dir))
    create = f"{python} -m mmbatch_dash token create first-steps --right ingest --expires 30m --data-dir {folder}"
    # In a shell of its own: the reader stays where they are.
    return [f"TOKEN=$({' && '.join([*_go_to_sources(), create])})"]


def _token_header(place: Place) -> list[str]:
    return ['-H "Authorization: Bearer $TOKEN"'] if place.asks_for_token else []


def _go_to_sources() -> list[str]:
    """Where commands of a clone are run; nothing for an installed package, whose commands run anywhere."""
    return [f"cd {shlex.quote(str(_ROOT))}"] if (_ROOT / "Makefile").exists() else []


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


def _build_step(title: str, text: str, command: str, name: str, *more: Component) -> Component:
    code_id = f"dashboard-{name}"
    return html.Li(
        [
            html.H2(title),
            html.P(text),
            html.Div(
                [
                    html.Pre(html.Code(command), id=code_id, tabIndex=0),
                    build_copy(command, f"Copy: {title}"),
                ],
                className="command",
            ),
            *more,
        ]
    )
