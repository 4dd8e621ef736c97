"""When EC2 takes instances back: reclaims by hour of day and instance type or zone."""

import math
from enum import StrEnum

import numpy as np
import pandas as pd

from mmbatch_dash.domain.selection import UNKNOWN
from mmbatch_dash.figures import theme
from mmbatch_dash.figures.base import PlotlyFigure, build_empty_figure, build_figure

MAX_ROWS = 12
EMPTY_RECLAIMS = "EC2 has not reclaimed any attempt of the selected jobs.<br>Choose a longer time range to see more."


class ReclaimKey(StrEnum):
    """What the rows of the heat map are."""

    INSTANCE_TYPE = "instance_type"
    AVAILABILITY_ZONE = "availability_zone"


def spread_reclaims(reclaims: pd.DataFrame, key: ReclaimKey) -> pd.DataFrame:
    """Counts with one row a key, most reclaims first, at most `MAX_ROWS` then "other"; columns are hours 0 to 23.

    Args:
        reclaims: hour (0 to 23), instance_type, availability_zone (None: "(none)"), reclaims.
        key: which of the two columns makes the rows.
    """
    if not len(reclaims):
        return pd.DataFrame()
    names = reclaims[key.value].astype(object)
    named = reclaims.assign(key=names.where(names.notna(), UNKNOWN))
    wide = named.pivot_table(index="key", columns="hour", values="reclaims", aggfunc="sum", fill_value=0)
    wide = wide.reindex(columns=range(24), fill_value=0)
    wide = wide.loc[wide.sum(axis=1).sort_values(ascending=False, kind="stable").index]
    if len(wide) > MAX_ROWS:
        wide = pd.concat([wide.iloc[:MAX_ROWS], wide.iloc[MAX_ROWS:].sum().to_frame("other").T])
    return wide.astype(int)


def build_reclaims_figure(reclaims: pd.DataFrame, key: ReclaimKey, zone: str) -> PlotlyFigure:
    """Heat map of reclaims, hours of day in the page's zone across, the most reclaimed on top.

    Args:
        reclaims: as in `spread_reclaims`.
        key: what the rows are.
        zone: name of the zone the hours are in.
    """
    wide = spread_reclaims(reclaims, key)
    if wide.empty or not wide.to_numpy().sum():
        return build_empty_figure(EMPTY_RECLAIMS)
    names = [str(name) for name in wide.index]
    heat = {
        "type": "heatmap",
        "x": list(range(24)),
        "y": names,
        "z": wide.to_numpy().tolist(),
        "colorscale": theme.HEAT_SCALE,
        "zmin": 0,
        "xgap": 2,
        "ygap": 2,
        "colorbar": {
            "thickness": 8,
            "outlinewidth": 0,
            "len": 1,
            "tickformat": ",d",
            "tick0": 0,
            "dtick": max(1, math.ceil(int(wide.to_numpy().max()) / 4)),
            "title": {"text": "reclaims", "side": "right"},
        },
        "hovertemplate": "%{y}<br>%{x}:00–%{x}:59: %{z:,} reclaims<extra></extra>",
    }
    return build_figure(
        [heat],
        margin={"l": 96, "r": 8, "t": 8, "b": 40},
        xaxis={
            "title": {"text": f"hour of day, {zone}", "standoff": 8},
            "tickvals": list(range(0, 24, 4)),
            "ticktext": [f"{hour:02d}" for hour in range(0, 24, 4)],
            "range": [-0.5, 23.5],
            "fixedrange": True,
        },
        yaxis={"type": "category", "autorange": "reversed", "showgrid": False, "nticks": MAX_ROWS + 1},
    )


def describe_reclaims(reclaims: pd.DataFrame, key: ReclaimKey) -> str:
    """One sentence with the total, the hour and the row with most reclaims."""
    wide = spread_reclaims(reclaims, key)
    total = int(wide.to_numpy().sum()) if not wide.empty else 0
    if not total:
        return "No attempt of the selected jobs was reclaimed."
    hour = int(np.argmax(wide.sum().to_numpy()))
    first = wide.index[0]
    kind = key.value.replace("_", " ")
    return (
        f"{total:,} reclaims. Most in the hour from {hour:02d}:00 ({int(wide[hour].sum()):,}); "
        f"the most reclaimed {kind} is {first} ({int(wide.loc[first].sum()):,})."
    )
