"""The frame every chart shares: margins, axes, hover, the empty chart that says why it is empty."""

import math
from collections.abc import Iterable
from typing import Any

import pandas as pd

from mmbatch_dash.figures import theme

PlotlyFigure = dict[str, Any]

_BUCKET_HOVER = {"hour": "%a %d %b %Y %H:%M", "day": "%a %d %b %Y", "week": "week of %d %b %Y", "month": "%B %Y"}
_BUCKET_TICK = {"hour": "%d %b<br>%H:%M", "day": "%d %b", "week": "%d %b", "month": "%b<br>%Y"}
NO_TIME = "no time"


def build_figure(traces: list[dict[str, Any]], *, revision: str = "", **layout: Any) -> PlotlyFigure:
    """A figure of the traces in the house frame.

    Args:
        traces: Plotly traces as plain dicts.
        revision: zoom and hidden series survive updates while this stays the same.
        **layout: layout parts merged over the frame, one level deep.
    """
    frame: dict[str, Any] = {
        "autosize": True,
        "margin": {"l": 56, "r": 8, "t": 8, "b": 40},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": theme.FONT, "size": 12, "color": theme.TEXT},
        "hoverlabel": {
            "bgcolor": theme.HOVER_SURFACE,
            "bordercolor": theme.HOVER_SURFACE,
            "font": {"family": theme.FONT, "size": 12, "color": theme.HOVER_TEXT},
            "align": "left",
            "namelength": -1,
        },
        "legend": {
            "orientation": "h",
            "x": 0,
            "y": 1.02,
            "xanchor": "left",
            "yanchor": "bottom",
            "traceorder": "normal",
        },
        "xaxis": {
            "showgrid": False,
            "zeroline": False,
            "automargin": True,
            "ticks": "outside",
            "ticklen": 6,
            "tickcolor": "rgba(0,0,0,0)",
        },
        "yaxis": {"gridcolor": theme.GRID, "zeroline": False, "automargin": True, "fixedrange": True, "nticks": 5},
        "uirevision": revision or "house",
        "showlegend": False,
        "separators": ".,",
    }
    for key, value in layout.items():
        frame[key] = {**frame[key], **value} if isinstance(value, dict) and isinstance(frame.get(key), dict) else value
    return {"data": traces, "layout": frame}


def build_empty_figure(reason: str) -> PlotlyFigure:
    """A chart without axes that says why it is empty and what to do."""
    note = {
        "text": reason,
        "xref": "paper",
        "yref": "paper",
        "x": 0.5,
        "y": 0.5,
        "showarrow": False,
        "font": {"size": 13},
        "align": "center",
    }
    return build_figure([], xaxis={"visible": False}, yaxis={"visible": False}, annotations=[note])


def bucket_axis(unit: str) -> dict[str, Any]:
    """The time axis for buckets of a unit. Bucket starts are drawn as wall-clock times of the page's zone."""
    return {"type": "date", "tickformat": _BUCKET_TICK[unit], "hoverformat": _BUCKET_HOVER[unit], "nticks": 7}


def bar_gap(buckets: int) -> float:
    """The share of a bucket left free: more where there are few, so that one day does not become a wall."""
    return max(0.26, 0.86 - 0.06 * buckets)


def wall_clock(times: pd.Series) -> list[str]:
    """Bucket starts as naive ISO texts in their own zone: Plotly knows no zones but UTC."""
    return [time.strftime("%Y-%m-%dT%H:%M:%S") for time in times]


def numbers(values: Iterable[Any]) -> list[float | None]:
    """Plain floats for JSON; unknown is None, which Plotly leaves out."""
    return [None if value is None or math.isnan(value) else float(value) for value in values]


def timed(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows that have a bucket_start; jobs without that time have no place on a time axis."""
    return frame[frame["bucket_start"].notna()] if len(frame) else frame
