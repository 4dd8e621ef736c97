"""One job over time: a lane an attempt with waiting, restoring, work carried on and work lost; checkpoints above it."""

import html
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from mmbatch_dash.domain.units import format_duration
from mmbatch_dash.figures import theme
from mmbatch_dash.figures.base import PlotlyFigure, build_empty_figure, build_figure
from mmbatch_dash.figures.lanes import Segment, build_segments
from mmbatch_dash.figures.theme import MEANING_COLOURS, Meaning

Row = Mapping[str, Any]
LANE_PIXELS = 46
LEAST_LANE_PIXELS = 14
MOST_PIXELS = 900
_AROUND_PIXELS = 64
_ABOVE = 0.38
_LONGEST_HOVER = 120

KINDS: tuple[tuple[str, str, str, str, float], ...] = (
    ("waiting", "Waiting", theme.OTHER, "", 0.10),
    ("restoring", "Restoring", theme.SERIES[4], "x", 0.42),
    ("carried", "Carried on by a restore", MEANING_COLOURS[Meaning.SUCCEEDED], "", 0.42),
    ("latest", "Latest attempt", theme.ACCENT, "", 0.42),
    ("lost", "Lost work", MEANING_COLOURS[Meaning.FAILED], "/", 0.42),
    ("dropped", "Not carried on", theme.OTHER, "\\", 0.42),
)
"""Segment kind, name, colour, pattern and thickness: never colour alone."""


def build_timeline(
    job: Row,
    attempts: Sequence[Row],
    checkpoints: Sequence[Row],
    restores: Sequence[Row],
    notices: Sequence[Row],
    *,
    as_of: datetime,
    zone: ZoneInfo,
) -> PlotlyFigure:
    """The timeline, latest attempt at the bottom.

    Args:
        job: submitted_at, completed_at, status.
        attempts: in order; attempt, started_at, ended_at, end_reason, instance_id, carried_into, carried_until_at.
        checkpoints: attempt, taken_at, finished_at, outcome, duration_seconds, checkpoint_id.
        restores: attempt, started_at, finished_at, outcome, duration_seconds.
        notices: instance_id, notice_kind, noticed_at.
        as_of: where open attempts are drawn to.
        zone: of the page; times are drawn as its wall clock.
    """
    segments = build_segments(job, attempts, restores, as_of)
    if not segments:
        return build_empty_figure("No attempt has a known start yet.<br>The timeline begins with the first one.")
    wall = _Wall(zone)
    lanes = [row["attempt"] for row in attempts] or [1]
    places = {attempt: place for place, attempt in enumerate(lanes)}
    traces = [trace for kind in KINDS if (trace := _bars(kind, segments, places, wall))]
    traces += _checkpoint_marks(checkpoints, places, wall)
    traces += _carry_lines(restores, attempts, places, wall)
    traces += _reclaim_marks(attempts, notices, places, wall)
    return build_figure(
        traces,
        revision=str(job.get("job_id", "")),
        barmode="overlay",
        margin={"l": 76, "r": 16, "t": 8, "b": 40},
        hovermode="closest",
        xaxis={"type": "date", "showgrid": True, "gridcolor": theme.GRID, "nticks": 0, "tickangle": 0},
        yaxis={
            "tickvals": list(places.values()),
            "ticktext": [f"Attempt {attempt}" for attempt in lanes],
            "range": [len(lanes) - 0.4, -0.7],
            "showgrid": False,
            "nticks": None,
            "automargin": False,
        },
    )


def timeline_pixels(lanes: int) -> int:
    """How high the chart is: lanes grow thinner when there are many."""
    lane = max(LEAST_LANE_PIXELS, min(LANE_PIXELS, (MOST_PIXELS - _AROUND_PIXELS) // max(1, lanes)))
    return _AROUND_PIXELS + lane * max(lanes, 1) + lane // 2


def describe_timeline(attempts: Sequence[Row], checkpoints: Sequence[Row], restores: Sequence[Row]) -> str:
    """The chart in words, for those who do not see it."""
    ends = [str(row["end_reason"]).replace("_", " ") for row in attempts]
    good = sum(row["outcome"] == "succeeded" for row in checkpoints)
    bad = sum(row["outcome"] == "failed" for row in checkpoints)
    back = sum(row["outcome"] == "succeeded" for row in restores)
    order = ", ".join(f"{place}: {end}" for place, end in enumerate(ends[:20], start=1))
    noun = "attempt" if len(ends) == 1 else "attempts"
    return (
        f"{len(ends):,} {noun} ({order or 'none yet'}). {good:,} checkpoints succeeded, {bad:,} failed. "
        f"{back:,} restores succeeded."
    )


class _Wall:
    """Instants as wall-clock text of one zone: Plotly knows no zones but UTC."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone

    def local(self, at: datetime) -> datetime:
        return at.astimezone(self._zone).replace(tzinfo=None)

    def text(self, at: datetime) -> str:
        return self.local(at).isoformat(timespec="milliseconds")

    def read(self, at: datetime) -> str:
        return at.astimezone(self._zone).strftime("%Y-%m-%d %H:%M:%S %Z")


def _bars(
    kind: tuple[str, str, str, str, float], segments: Sequence[Segment], places: Mapping[int, int], wall: _Wall
) -> dict[str, Any] | None:
    name, label, colour, pattern, width = kind
    mine = [segment for segment in segments if segment.kind == name]
    if not mine:
        return None
    marker: dict[str, Any] = {"color": colour, "line": {"width": 0}}
    if pattern:
        marker["pattern"] = {"shape": pattern, "fillmode": "overlay", "size": 6, "fgcolor": "rgba(255,255,255,0.6)"}
    return {
        "type": "bar",
        "orientation": "h",
        "name": label,
        "base": [wall.text(segment.start) for segment in mine],
        "x": [(wall.local(segment.end) - wall.local(segment.start)) / timedelta(milliseconds=1) for segment in mine],
        "y": [places[segment.attempt] for segment in mine],
        "width": width,
        "marker": marker,
        "text": ["" for _ in mine],
        "customdata": [
            f"Attempt {segment.attempt}: {label.lower()}{' (failed)' if segment.failed else ''}<br>"
            f"{wall.read(segment.start)} to {wall.read(segment.end)}<br>"
            f"{format_duration((segment.end - segment.start).total_seconds())}"
            for segment in mine
        ],
        "hovertemplate": "%{customdata}<extra></extra>",
    }


def _checkpoint_marks(checkpoints: Sequence[Row], places: Mapping[int, int], wall: _Wall) -> list[dict[str, Any]]:
    traces = []
    for outcome, label, colour, symbol in (
        ("succeeded", "Checkpoint", MEANING_COLOURS[Meaning.SUCCEEDED], "line-ns-open"),
        ("failed", "Checkpoint failed", MEANING_COLOURS[Meaning.FAILED], "x-thin-open"),
    ):
        rows = [
            row
            for row in checkpoints
            if row["outcome"] == outcome and row["attempt"] in places and (row["taken_at"] or row["finished_at"])
        ]
        if rows:
            traces.append(
                _marks(
                    label,
                    [
                        (
                            row["taken_at"] or row["finished_at"],
                            places[row["attempt"]] - _ABOVE,
                            _told(label, row, wall),
                        )
                        for row in rows
                    ],
                    {"symbol": symbol, "size": 9, "color": colour, "line": {"width": 2, "color": colour}},
                    wall,
                )
            )
    return traces


def _reclaim_marks(
    attempts: Sequence[Row], notices: Sequence[Row], places: Mapping[int, int], wall: _Wall
) -> list[dict[str, Any]]:
    ended = [row for row in attempts if row["end_reason"] in ("reclaimed", "host_lost") and row["ended_at"]]
    red = MEANING_COLOURS[Meaning.FAILED]
    traces = []
    if ended:
        points = [
            (
                row["ended_at"],
                float(places[row["attempt"]]),
                f"Attempt {row['attempt']} {row['end_reason'].replace('_', ' ')}<br>{wall.read(row['ended_at'])}",
            )
            for row in ended
        ]
        marker = {"symbol": "diamond", "size": 11, "color": red, "line": {"width": 1, "color": "#fff"}}
        traces.append(_marks("Reclaimed", points, marker, wall))
    noticed = []
    for notice in notices:
        owner = _owner(notice, attempts)
        if owner is not None:
            told = f"{str(notice['notice_kind']).capitalize()} notice<br>{wall.read(notice['noticed_at'])}"
            noticed.append((notice["noticed_at"], places[owner] - _ABOVE, told))
    if noticed:
        marker = {"symbol": "triangle-down", "size": 10, "color": red, "line": {"width": 1, "color": "#fff"}}
        traces.append(_marks("EC2 notice", noticed, marker, wall))
    return traces


def _carry_lines(
    restores: Sequence[Row], attempts: Sequence[Row], places: Mapping[int, int], wall: _Wall
) -> list[dict[str, Any]]:
    starts = {row["attempt"]: row["started_at"] for row in attempts}
    for row in restores:
        if row["outcome"] == "succeeded" and (row["started_at"] or row["finished_at"]):
            starts[row["attempt"]] = row["started_at"] or row["finished_at"]
    x: list[str | None] = []
    y: list[float | None] = []
    for row in attempts:
        into, source, taken_at = row["carried_into"], row["attempt"], row["carried_until_at"]
        if taken_at is None or starts.get(into) is None or into not in places or source not in places:
            continue
        x += [wall.text(taken_at), wall.text(starts[into]), None]
        y += [float(places[source]), float(places[into]), None]
    if not x:
        return []
    line = {"color": MEANING_COLOURS[Meaning.SUCCEEDED], "width": 1.5, "dash": "dot"}
    return [
        {
            "type": "scatter", "mode": "lines", "name": "From checkpoint to restore", "x": x, "y": y, "line": line,
            "hoverinfo": "skip", "showlegend": False,
        }
    ]  # fmt: skip


def _marks(
    label: str, points: Sequence[tuple[datetime, float, str]], marker: dict[str, Any], wall: _Wall
) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": label,
        "x": [wall.text(at) for at, _, _ in points],
        "y": [place for _, place, _ in points],
        "marker": marker,
        "cliponaxis": False,
        "customdata": [told for _, _, told in points],
        "hovertemplate": "%{customdata}<extra></extra>",
    }


def _told(label: str, row: Row, wall: _Wall) -> str:
    name = str(row["checkpoint_id"] or "")
    # Plotly reads tags in hover texts.
    shown = html.escape(name[:_LONGEST_HOVER])
    took = f"<br>took {format_duration(row['duration_seconds'])}" if row["duration_seconds"] is not None else ""
    return f"{label} {shown}<br>{wall.read(row['taken_at'] or row['finished_at'])}{took}"


def _owner(notice: Row, attempts: Sequence[Row]) -> int | None:
    """The attempt that was on the instance when the notice came: the last that had begun by then."""
    begun = [
        row["attempt"]
        for row in attempts
        if row["instance_id"] == notice["instance_id"]
        and row["started_at"]
        and row["started_at"] <= notice["noticed_at"]
    ]
    return max(begun, default=None)
