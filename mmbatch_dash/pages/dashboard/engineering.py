"""Engineering Mode: checkpoints, restores and protections tried, and the work lost, spent and saved."""

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd
from dash import html
from dash.development.base_component import Component

from mmbatch_dash.domain.figures import ENGINEERING_FIGURES, Figure, Unit
from mmbatch_dash.domain.units import (
    UNKNOWN_TEXT,
    format_count,
    format_coverage,
    format_duration,
    format_exact,
    format_figure,
    format_rate,
)
from mmbatch_dash.metrics.summary import Protections, Summary, Tally, Total

_HEADS = (
    "Attempts",
    "Succeeded",
    "Failed",
    "Success rate",
    "Median duration",
    "95th percentile",
    "Pending",
    "Unprotected",
)


def build_engineering(summary: Summary, durations: pd.DataFrame | None) -> list[Component]:
    """The work figures and the table of what was tried.

    Args:
        summary: of the selection.
        durations: kind, scope ("all" is read), median_seconds, p95_seconds; None where they were not read.
    """
    rows_of_times = [] if durations is None else durations.to_dict("records")
    times = {row["kind"]: row for row in rows_of_times if row["scope"] == "all"}
    protections = summary.protections
    rows = [
        _build_row("Checkpoints", summary.checkpoints, times.get("checkpoint")),
        _build_row("Restores", summary.restores, times.get("restore")),
        _build_row("Spot protections", protections, None, (protections.pending, protections.unprotected)),
    ]
    table = html.Table(
        [
            html.Caption("Attempts are succeeded and failed ones; a rate is unknown where nothing was tried"),
            html.Thead(html.Tr([html.Th("Kind", scope="col", className="col-name"), *map(_build_head, _HEADS)])),
            html.Tbody(rows),
        ],
        className="data-table",
    )
    scroll = html.Div(
        table, className="table-scroll", tabIndex=0, role="region", **{"aria-label": "Checkpoints and restores"}
    )
    items = [_build_item(figure, summary.engineering[figure.name]) for figure in ENGINEERING_FIGURES]
    return [html.Dl(items, className="work-figures"), scroll]


def _build_head(label: str) -> Component:
    return html.Th(label, scope="col", className="num")


def _build_row(
    label: str, tally: Tally | Protections, times: Mapping[Hashable, Any] | None, rest: tuple[int, int] | None = None
) -> Component:
    cells = [
        (format_count(tally.attempts), ""),
        (format_count(tally.succeeded), ""),
        (format_count(tally.failed), ""),
        (format_rate(tally.rate), "nothing was tried" if tally.rate is None else f"{tally.rate:.6f}"),
    ]
    for name in ("median_seconds", "p95_seconds"):
        seconds = times[name] if times else None
        text = format_duration(seconds)
        none = "a protection has no duration" if rest else "no duration is known"
        cells.append((text, none if text == UNKNOWN_TEXT else format_exact(seconds, Unit.SECONDS)))
    cells += [(format_count(count), "") for count in rest] if rest else [("", ""), ("", "")]
    data = [
        html.Td(text, title=title, className="num" + (" unknown" if text == UNKNOWN_TEXT else ""))
        for text, title in cells
    ]
    return html.Tr([html.Th(label, scope="row", className="col-name"), *data])


def _build_item(figure: Figure, total: Total) -> Component:
    text = format_figure(total.value, figure.unit)
    unknown = text == UNKNOWN_TEXT
    exact = f"Unknown: {figure.unknown_when}" if unknown else format_exact(total.value, figure.unit)
    partial = total.coverage is not None and total.coverage < 1
    note = html.Small(f"{format_coverage(total.coverage or 0)} known") if partial else None
    tip = f"{figure.definition} Formula: {figure.formula}"
    return html.Div(
        [
            html.Dt(figure.label, title=tip),
            html.Dd([html.Span(text, title=exact), note], className="unknown" if unknown else ""),
        ],
        className="work-figure",
    )
