"""What was said of a job, oldest first, each with the event as it was received."""

import json
from datetime import datetime
from typing import Any

from dash import html
from dash.development.base_component import Component

from mmbatch_dash.domain.instants import parse_instant
from mmbatch_dash.domain.units import format_instant
from mmbatch_dash.pages.jobs.columns import Reading, shorten
from mmbatch_dash.pages.jobs.ways_out import build_log_links
from mmbatch_dash.services.jobs import EventPage
from mmbatch_dash.store.queries.rows import Row

PAGE_EVENTS = 50
_LONGEST_RAW = 40_000
KINDS = {1: "trace", 2: "AWS", 3: "native"}


def build_events(page: EventPage, reading: Reading, skipped: int) -> list[Component]:
    """A line an event that opens to its JSON.

    Args:
        page: what was read.
        reading: zone of the times.
        skipped: how many later ones there are.
    """
    if not page.rows:
        return [html.P("Nothing was said of this job.", className="panel-empty")]
    last = page.total - skipped
    first = last - len(page.rows) + 1
    lead = f"{first:,} to {last:,} of {page.total:,}, oldest first. An event opens to what was received."
    return [html.P(lead, className="panel-lead"), html.Div([_build_event(row, reading) for row in page.rows])]


def _build_event(row: Row, reading: Reading) -> Component:
    happened = _shown(row["happened_at"], reading)
    raw = row["raw"]
    if raw is None:
        raw = {"facts": row["facts"], "original": "no longer kept (retention.journal)"} if row["facts"] else None
    text = raw if isinstance(raw, str) else json.dumps(raw, indent=2, ensure_ascii=False, default=str)
    summary = html.Summary(
        [
            html.Time(happened),
            html.Span(html.Bdi(shorten(str(row["type"]))), className="event-type"),
            html.Span(
                [html.Bdi(shorten(str(row["source"]), 80)), f" · {KINDS.get(row['kind'], row['kind'])}"],
                className="event-source",
            ),
        ]
    )
    said = f"Id {shorten(str(row['id']))}, received {_shown(row['received_at'], reading)}"
    return html.Details(
        [
            summary,
            html.P([html.Bdi(said), *_follow(raw)], className="event-said"),
            html.Pre(html.Code(shorten(text, _LONGEST_RAW)), tabIndex=0),
        ],
        className="event",
    )


def _follow(raw: object) -> list[Component | str]:
    return [part for link in build_log_links(raw) for part in (" · ", link)]


def _shown(at: Any, reading: Reading) -> str:
    if at is None:
        return "at an unknown time"
    instant = at if isinstance(at, datetime) else parse_instant(str(at))
    return format_instant(instant.astimezone(reading.zone))
