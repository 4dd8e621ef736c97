"""The seven headline cards: number and unit, change, trend, coverage, and what the number means."""

from collections.abc import Mapping

import pandas as pd
from dash import html
from dash.development.base_component import Component

from mmbatch_dash.domain.figures import (
    FIGURE,
    FIGURES,
    HEADLINE_COUNTS,
    SPOT_PROTECTIONS,
    TOTAL_JOBS,
    Count,
    Figure,
    Unit,
)
from mmbatch_dash.domain.units import (
    UNKNOWN_TEXT,
    format_change,
    format_count,
    format_coverage,
    format_exact,
    format_figure,
    format_hours,
    format_rate,
    format_usd,
)
from mmbatch_dash.figures.sparkline import build_sparkline
from mmbatch_dash.metrics.summary import Summary
from mmbatch_dash.pages.dashboard.ids import card_id, card_note_id
from mmbatch_dash.services.reports import Dashboard

CARDS: tuple[Figure | Count, ...] = (*HEADLINE_COUNTS, *FIGURES)
SAVINGS = ("saved_cost_usd", "saved_cpu_hours", "on_demand_savings_usd")
ON_DEMAND = "on_demand_savings_usd"
ON_DEMAND_NET = "on_demand_net_savings_usd"
SHARES = {"saved_cost_usd": "of the cost without restores", ON_DEMAND: "below on-demand"}
"""Saving → what it is a part of, in words."""
FEWEST_COMPARED = 10
"""Jobs the earlier period needs to be compared with: the change against fewer is chance."""
PRICED = ("cost_usd", "saved_cost_usd", "on_demand_savings_usd")
_BUCKET_COLUMN = {TOTAL_JOBS: "jobs", SPOT_PROTECTIONS: "protections_succeeded"}


def build_card(figure: Figure | Count) -> Component:
    """A card with its definition; number and note are filled in by the page's callback."""
    tip_id = f"{card_id(figure.name)}-tip"
    facts = [("Formula", figure.formula), ("Counts over", figure.applies_to), ("Unknown when", figure.unknown_when)]
    tip = html.Div(
        [
            html.P(figure.definition, className="tip-lead"),
            html.Dl([part for name, text in facts for part in (html.Dt(name), html.Dd(text))]),
            html.Div(id=card_note_id(figure.name), className="tip-note"),
        ],
        id=tip_id,
        className="tip",
        role="tooltip",
    )
    prefix, _, short = figure.label.rpartition(" – ")
    heading = html.H2(
        [html.Span(f"{prefix} – ", className="card-family") if prefix else None, html.Span(short)],
        className="card-title",
    )
    info = html.Button(
        "i", className="info", **{"aria-label": f"What {figure.label} means", "aria-describedby": tip_id}
    )
    kind = "card-saving" if figure.name in SAVINGS else "card-plain"
    return html.Article(
        [
            html.Div([heading, html.Div([info, tip], className="info-box")], className="card-head"),
            html.Div(build_skeleton(), id=card_id(figure.name), className="card-body-slot"),
        ],
        className=f"figure-card {kind} card-{figure.name.replace('_', '-')}",
    )


def build_skeleton() -> Component:
    """The shape of a number that is on its way, as high as the number will be."""
    return html.Div([html.Span(className="bone bone-value"), html.Span(className="bone bone-line")], className="bones")


def build_card_body(figure: Figure | Count, dashboard: Dashboard, *, comparison: str) -> Component:
    """Number, change and trend.

    Args:
        figure: which of the seven.
        dashboard: what was read.
        comparison: what the previous period is called ("previous 30 d"); empty where there is none.
    """
    value, coverage = value_of(figure, dashboard.summary)
    notes: list[Component] = []
    share = describe_share(figure.name, dashboard.summary)
    shares = [html.Span(share, className="card-share")] if share else []
    if coverage is not None and coverage < 1:
        word = "priced" if figure.name in PRICED else "known"
        notes.append(html.Span(f"{format_coverage(coverage)} {word}", className="badge-coverage"))
    if figure.name in PRICED and value is not None and dashboard.assumed_share > 0:
        notes.append(html.Span("~ assumed", className="badge-assumed", title="Includes prices that are assumed"))
    polygon = build_sparkline(_trend(figure, dashboard.buckets))
    return html.Div(
        [
            _build_number(figure, value),
            html.Div(
                [*shares, _build_change(figure, value, dashboard.previous, comparison), *notes],
                className="card-notes",
            ),
            _build_net(dashboard.summary) if figure.name == ON_DEMAND else None,
            html.Div(className="spark", style={"clipPath": polygon} if polygon else {"display": "none"}),
        ],
        className="card-body-inner",
    )


def build_card_note(figure: Figure | Count, dashboard: Dashboard) -> list[Component]:
    """What there is to doubt about the number of now: digits, inputs, coverage, assumptions, shared instances."""
    value, coverage = value_of(figure, dashboard.summary)
    rows = [("Exact value", format_exact(value, figure.unit))]
    if figure.name in dashboard.summary.figures:
        known, applicable = _inputs(figure.name, dashboard.queues)
        rows.append(("Inputs", f"{known:,} of {applicable:,} {figure.applies_to}"))
        rows.append(("Coverage", "applies to no selected job" if coverage is None else f"{coverage * 100:.2f} %"))
    else:
        rows.append(("Inputs", f"{dashboard.summary.total_jobs:,} jobs"))
    if figure.name in PRICED and dashboard.assumed_share > 0:
        rows.append(("Assumed prices", f"{format_coverage(dashboard.assumed_share)} of instance hours"))
    if figure.name in PRICED and dashboard.shared_instance_jobs:
        text = f"{dashboard.shared_instance_jobs:,} jobs overlapped with others on an instance counted for each of them"
        rows.append(("Shared instances", f"{text}; set pricing.attribution to share to divide it"))
    return [html.Dl([part for name, text in rows for part in (html.Dt(name), html.Dd(text))])]


def value_of(figure: Figure | Count, summary: Summary) -> tuple[float | None, float | None]:
    """Value and coverage of a headline figure; counts are always covered."""
    if figure.name == TOTAL_JOBS:
        return float(summary.total_jobs), 1.0
    if figure.name == SPOT_PROTECTIONS:
        return float(summary.spot_protections), 1.0
    total = summary.figures[figure.name]
    return total.value, total.coverage


def _build_number(figure: Figure | Count, value: float | None) -> Component:
    text, unit = _split_unit(figure, value)
    if text == UNKNOWN_TEXT:
        reason = f"Unknown: {figure.unknown_when}"
        return html.P([UNKNOWN_TEXT, html.Small("unknown")], className="card-value card-unknown", title=reason)
    return html.P([text, html.Small(unit)], className="card-value", title=format_exact(value, figure.unit))


def _split_unit(figure: Figure | Count, value: float | None) -> tuple[str, str]:
    if figure.unit is Unit.USD:
        return format_usd(value), "USD"
    if figure.unit is Unit.HOURS:
        return format_hours(value), "CPU h"
    return format_count(value), "jobs" if figure.name == TOTAL_JOBS else ""


def _build_change(figure: Figure | Count, value: float | None, previous: Summary | None, comparison: str) -> Component:
    if value is None:
        return _build_no_change("no known value yet")
    if previous is None or not comparison:
        return _build_no_change("no earlier period to compare")
    if previous.total_jobs < FEWEST_COMPARED:
        count = format_count(previous.total_jobs) if previous.total_jobs else "no"
        return _build_no_change(f"{count} {'job' if previous.total_jobs == 1 else 'jobs'} in the {comparison}")
    before, _ = value_of(figure, previous)
    text = format_change(value, before)
    if text == UNKNOWN_TEXT:
        return _build_no_change(f"nothing known in the {comparison}" if before is None else f"0 in the {comparison}")
    if text.endswith("×"):
        # So much more than hardly anything says nothing; what it was does.
        return _build_no_change(f"{format_figure(before, figure.unit)} in the {comparison}")
    arrow = "▲" if text.startswith("+") else "▼" if text.startswith("−") else "="
    return html.Span(
        [html.Span(arrow, className="change-arrow", **{"aria-hidden": "true"}), f"{text} vs {comparison}"],
        className="change",
    )


def _build_no_change(text: str) -> Component:
    return html.Span(text, className="change change-none")


def describe_share(name: str, summary: Summary) -> str:
    """Which part of what would have been paid was not, for the two savings in dollars; "" where that is unknown.

    "about" where the two sums are over different jobs: more have a known cost than a known saving.
    """
    saved, cost = summary.figures[name] if name in SHARES else None, summary.figures["cost_usd"]
    if saved is None or saved.value is None or cost.value is None or cost.value + saved.value <= 0:
        return ""
    whole = saved.coverage in (None, 1) and cost.coverage == 1
    about = "" if whole or (name == ON_DEMAND and saved.coverage == cost.coverage) else "about "
    share = saved.value / (cost.value + saved.value)
    if name == ON_DEMAND and share < 0:
        return f"{about}{format_rate(-share)} above on-demand"
    return f"{about}{format_rate(share)} {SHARES[name]}"


def _build_net(summary: Summary) -> Component:
    figure = FIGURE[ON_DEMAND_NET]
    net = summary.engineering[ON_DEMAND_NET]
    text = format_figure(net.value, figure.unit)
    title = f"Unknown: {figure.unknown_when}" if text == UNKNOWN_TEXT else format_exact(net.value, figure.unit)
    if net.coverage not in (None, 1):
        title += f"; {format_coverage(net.coverage)} of succeeded jobs known"
    return html.P(["Net of repeated work: ", html.Strong(text)], className="card-net", title=title)


def _trend(figure: Figure | Count, buckets: pd.DataFrame) -> list[float]:
    rows = buckets[buckets["bucket_start"].notna()] if len(buckets) else buckets
    column = _BUCKET_COLUMN.get(figure.name, figure.name)
    return [float(value) for value in rows[column]] if len(rows) else []


def _inputs(name: str, queues: pd.DataFrame) -> tuple[int, int]:
    counts: Mapping[str, int] = {part: int(queues[f"{name}_{part}"].sum()) for part in ("known", "applicable")}
    return counts["known"], counts["applicable"]
