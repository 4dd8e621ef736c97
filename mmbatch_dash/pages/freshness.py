"""How recent the page is, in words."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from dash import html
from dash.development.base_component import Component

from mmbatch_dash.domain.units import format_age, format_clock, format_instant

BEHIND_AFTER_SECONDS = 60


def build_freshness(as_of: datetime, lag_seconds: float, zone: ZoneInfo, problem: str | None = None) -> list[Component]:
    """The time of the figures and whether they are live: as of 14:02:10 CET, live."""
    local = as_of.astimezone(zone)
    behind = bool(problem) or lag_seconds > BEHIND_AFTER_SECONDS
    state = "stuck" if problem else f"{format_age(timedelta(seconds=lag_seconds))} behind" if behind else "live"
    return [
        html.Span(className=f"pulse {'pulse-behind' if behind else ''}"),
        html.Span(
            [
                html.Span("as of ", className="freshness-as-of"),
                html.Time(format_clock(local), dateTime=local.isoformat(), title=format_instant(local)),
            ]
        ),
        html.Span(state, className="freshness-state", title=problem or ""),
    ]
