"""CPU hours by queue over time: the largest queues by name, what is left as other."""

import pandas as pd

from mmbatch_dash.domain.selection import UNKNOWN
from mmbatch_dash.domain.units import format_hours
from mmbatch_dash.figures import theme
from mmbatch_dash.figures.base import (
    PlotlyFigure,
    bar_gap,
    bucket_axis,
    build_empty_figure,
    build_figure,
    numbers,
    timed,
    wall_clock,
)

MAX_SERIES = 8
LEGEND_CHARACTERS = 15
EMPTY_QUEUES = "No job with known vCPUs and runtime has completed in this selection.<br>Choose a longer time range."


def spread_by_queue(queue_buckets: pd.DataFrame, column: str = "cpu_hours") -> pd.DataFrame:
    """One column a queue, largest total first, at most `MAX_SERIES`, then "other"; one row a bucket_start.

    Args:
        queue_buckets: bucket_start, queue (None: no queue, shown as "(none)"), and `column`; NaN is unknown.
        column: what is summed.

    A cell is NaN where nothing is known there. Queues without any known value are left out.
    """
    rows = timed(queue_buckets)
    rows = rows[rows[column].notna()]
    if not len(rows):
        return pd.DataFrame()
    named = rows.assign(queue=rows["queue"].astype(object).where(rows["queue"].notna(), UNKNOWN))
    wide = named.pivot_table(index="bucket_start", columns="queue", values=column, aggfunc="sum", sort=True)
    order = wide.sum().sort_values(ascending=False, kind="stable").index.tolist()
    top, rest = order[:MAX_SERIES], order[MAX_SERIES:]
    spread = wide[top]
    return spread.assign(other=wide[rest].sum(axis=1, min_count=1)) if rest else spread


def build_queue_hours_figure(
    queue_buckets: pd.DataFrame, unit: str, *, revision: str = "", incurred: bool = False
) -> PlotlyFigure:
    """Stacked bars of CPU hours by queue, one stack a time bucket; the stack is their sum.

    Args:
        queue_buckets: bucket_start, queue, cpu_hours, as in `spread_by_queue`.
        unit: hour, day, week or month.
        revision: zoom is kept while this stays the same.
        incurred: the buckets are of when the hours ran; the axis says so.
    """
    spread = spread_by_queue(queue_buckets)
    if spread.empty:
        return build_empty_figure(EMPTY_QUEUES)
    times = wall_clock(spread.index.to_series())
    traces = [
        {
            "type": "bar",
            "name": _shorten(str(name)),
            "x": times,
            "y": numbers(spread[name]),
            "marker": {"color": theme.SERIES[place] if place < MAX_SERIES else theme.OTHER},
            "hovertemplate": f"{_escape(str(name))}: %{{y:,.1f}} h<extra></extra>",
        }
        for place, name in enumerate(spread.columns)
    ]
    return build_figure(
        traces,
        revision=revision,
        barmode="stack",
        bargap=bar_gap(len(times)),
        hovermode="x unified",
        showlegend=True,
        legend={"entrywidth": 96, "entrywidthmode": "pixels"},
        xaxis=bucket_axis(unit),
        yaxis={
            "tickformat": ",",
            "title": {"text": f"CPU hours run per {unit}" if incurred else f"CPU hours per {unit}", "standoff": 8},
            "rangemode": "tozero",
        },
    )


def describe_queue_hours(queue_buckets: pd.DataFrame, *, incurred: bool = False) -> str:
    """One sentence with the CPU hours of the largest queues."""
    spread = spread_by_queue(queue_buckets)
    if spread.empty:
        return "No CPU hours are known in this selection."
    sums = spread.sum()
    parts = ", ".join(f"{name} {format_hours(value)} h" for name, value in sums.items())
    how = ", spread over the time they ran" if incurred else ""
    return f"CPU hours by queue{how}, largest first: {parts}."


def _shorten(text: str) -> str:
    shown = text if len(text) <= LEGEND_CHARACTERS else f"{text[: LEGEND_CHARACTERS - 1]}…"
    return _escape(shown)


def _escape(text: str) -> str:
    # Plotly reads a small HTML in names, and % and braces in hover templates.
    return text.replace("&", "&amp;").replace("<", "&lt;").replace("{", "&#123;").replace("%", "&#37;")
