"""What became of reclaimed attempts: one bar an outcome, named in words beside its colour."""

from collections.abc import Mapping

from mmbatch_dash.domain.units import format_count, format_rate
from mmbatch_dash.figures.base import PlotlyFigure, build_empty_figure, build_figure
from mmbatch_dash.figures.theme import MEANING_COLOURS, Meaning

OUTCOMES: tuple[tuple[str, str, str], ...] = (
    ("succeeded", "Succeeded", Meaning.SUCCEEDED),
    ("failed", "Failed", Meaning.FAILED),
    ("pending", "Pending", Meaning.PENDING),
    ("unprotected", "Unprotected", Meaning.UNPROTECTED),
)
EMPTY_PROTECTIONS = "EC2 has not reclaimed any attempt<br>of the selected jobs."


def build_protections_figure(counts: Mapping[str, int]) -> PlotlyFigure:
    """Horizontal bars of reclaimed attempts by outcome, succeeded on top.

    Args:
        counts: outcome → reclaimed attempts; all four outcomes.
    """
    total = sum(counts[outcome] for outcome, *_ in OUTCOMES)
    if not total:
        return build_empty_figure(EMPTY_PROTECTIONS)
    values = [counts[outcome] for outcome, *_ in OUTCOMES]
    bar = {
        "type": "bar",
        "orientation": "h",
        "y": [label for _, label, _ in OUTCOMES],
        "x": values,
        "marker": {"color": [MEANING_COLOURS[meaning] for *_, meaning in OUTCOMES], "cornerradius": 3},
        "text": [f" <b>{format_count(value)}</b>  {format_rate(value / total)}" for value in values],
        "textposition": "outside",
        "cliponaxis": False,
        "hovertemplate": "%{y}: %{x:,} reclaimed attempts<extra></extra>",
    }
    # The text stands outside the longest bar, so the axis leaves it a third of the width.
    return build_figure(
        [bar],
        margin={"l": 88, "r": 8, "t": 8, "b": 16},
        bargap=0.42,
        xaxis={"visible": False, "range": [0, max(values) * 1.5], "fixedrange": True},
        yaxis={"autorange": "reversed", "showgrid": False, "ticklen": 8, "tickcolor": "rgba(0,0,0,0)"},
    )


def describe_protections(counts: Mapping[str, int]) -> str:
    """One sentence with the count of each outcome and the rate."""
    total = sum(counts[outcome] for outcome, *_ in OUTCOMES)
    if not total:
        return "No attempt of the selected jobs was reclaimed."
    tried = counts["succeeded"] + counts["failed"]
    rate = format_rate(counts["succeeded"] / tried) if tried else "unknown"
    parts = ", ".join(f"{counts[outcome]:,} {label.lower()}" for outcome, label, _ in OUTCOMES)
    return f"{total:,} reclaimed attempts: {parts}. Protection rate {rate}."
