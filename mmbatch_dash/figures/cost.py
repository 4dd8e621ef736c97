"""What was paid beside what was saved: two different counterfactuals, so bars stand side by side, never stacked."""

from typing import Any

import numpy as np
import pandas as pd

from mmbatch_dash.domain.units import format_usd
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

COST_SERIES: tuple[tuple[str, str, str, str], ...] = (
    ("cost_usd", "Paid", theme.PAID, ""),
    ("saved_cost_usd", "Saved by restores", theme.SAVED_BY_RESTORES, ""),
    ("on_demand_savings_usd", "Saved against on-demand", theme.SAVED_ON_DEMAND, "/"),
)
EMPTY_COST = "No attempt with a known price has ended in this selection.<br>Choose a longer time range, or add prices."


def build_cost_figure(buckets: pd.DataFrame, unit: str, *, revision: str = "", incurred: bool = False) -> PlotlyFigure:
    """Grouped bars of USD paid, saved by restores and saved against on-demand, one group a time bucket.

    Args:
        buckets: bucket_start, cost_usd, saved_cost_usd, on_demand_savings_usd (NaN: unknown, no bar),
            in time order. Rows without bucket_start are left out.
        unit: hour, day, week or month.
        revision: zoom is kept while this stays the same.
        incurred: the buckets are of when cost was incurred; the axis says so.
    """
    rows = timed(buckets)
    if not len(rows) or rows[[name for name, *_ in COST_SERIES]].isna().to_numpy().all():
        return build_empty_figure(EMPTY_COST)
    times = wall_clock(rows["bucket_start"])
    traces: list[dict[str, Any]] = []
    for column, label, colour, pattern in COST_SERIES:
        marker: dict[str, Any] = {"color": colour, "cornerradius": 2}
        if pattern:
            marker["pattern"] = {
                "shape": pattern,
                "fillmode": "overlay",
                "size": 6,
                "solidity": 0.25,
                "fgcolor": "rgba(255,255,255,0.55)",
            }
        traces.append(
            {
                "type": "bar",
                "name": label,
                "x": times,
                "y": numbers(rows[column]),
                "marker": marker,
                "hovertemplate": f"{label}: %{{y:$,.2f}}<extra></extra>",
            }
        )
    return build_figure(
        traces,
        revision=revision,
        barmode="group",
        bargap=bar_gap(len(times)),
        bargroupgap=0.06,
        hovermode="x unified",
        showlegend=True,
        xaxis=bucket_axis(unit),
        yaxis={
            "tickprefix": "$",
            "tickformat": ",",
            "title": {"text": f"USD incurred per {unit}" if incurred else f"USD per {unit}", "standoff": 8},
            "rangemode": "tozero",
        },
    )


def describe_untimed(buckets: pd.DataFrame) -> str:
    """What has no time and so no bar, with which the bars are the totals; "" where all of it has one.

    Args:
        buckets: as for the figure; NaT in bucket_start is what has no time.
    """
    rest = buckets[buckets["bucket_start"].isna()] if len(buckets) else buckets
    sums = [(label.lower(), rest[name].sum()) for name, label, *_ in COST_SERIES] if len(rest) else []
    said = ", ".join(f"{label} {format_usd(value)}" for label, value in sums if value)
    return f"Without a time, so not drawn: {said}." if said else ""


def describe_cost(buckets: pd.DataFrame, unit: str, *, incurred: bool = False) -> str:
    """The chart for those who do not see it: the sums, which are the headline's, and where the most was paid."""
    rows = timed(buckets)
    known = rows[rows["cost_usd"].notna()] if len(rows) else rows
    if not len(known):
        return "No cost is known in this selection."
    sums = ", ".join(f"{label.lower()} {format_usd(buckets[name].sum(min_count=1))}" for name, label, *_ in COST_SERIES)
    how = ", by when it was incurred" if incurred else ""
    untimed = describe_untimed(buckets)
    peak = known.iloc[int(np.argmax(known["cost_usd"].to_numpy()))]
    when = peak["bucket_start"].strftime("%Y-%m-%d %H:%M" if unit == "hour" else "%Y-%m-%d")
    return (
        f"Over {len(rows):,} time buckets of one {unit} each{how}: {sums}. "
        f"Most was paid in the {unit} from {when}: {format_usd(peak['cost_usd'])}." + (f" {untimed}" if untimed else "")
    )
