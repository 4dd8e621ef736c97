"""How recent the page is, in words."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from dash import html
from dash.development.base_component import Component

from mmbatch_dash.domain.units import format_age, format_clock, format_instant

BEHIND_AFTER_SECONDS = 60


def build_freshness(
    as_of: datetime,
    lag_seconds: float,
    zone: ZoneInfo,
    problem: str | None = None,
    degraded: Sequence[str] = (),
    rebuild_share: float | None = None,
) -> list[Component]:
    """The time of the figures, whether they are live and whether they are whole: as of 14:02:10 CET, live, degraded."""
    local = as_of.astimezone(zone)
    behind = bool(problem) or lag_seconds > BEHIND_AFTER_SECONDS
    if rebuild_share is not None and not problem:
        behind, state = True, f"rebuilding, {rebuild_share:.0%}".replace("%", " %")
    else:
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
        *([html.Span("degraded", className="freshness-degraded", title=" ".join(degraded))] if degraded else []),
    ]
