"""One panel a group: what to do, why, the evidence, and where to do it."""

from urllib.parse import urlencode

from dash import dcc, html
from dash.development.base_component import Component

from mmbatch_dash.domain.durations import Duration
from mmbatch_dash.domain.filters import UNKNOWN
from mmbatch_dash.domain.units import format_usd
from mmbatch_dash.insight.advice import Verdict
from mmbatch_dash.insight.ranges import Range
from mmbatch_dash.insight.sentences import range_of_loss
from mmbatch_dash.pages.filters.view import View
from mmbatch_dash.pages.insight.evidence import build_evidence
from mmbatch_dash.pages.marks import build_state
from mmbatch_dash.services.insight import Applied, Insight, InsightBy, Row

SECTION = "configuration-at-checkpoint"
_VERDICTS = {
    Verdict.RAISE: ("pending", "Raise the interval"),
    Verdict.LOWER: ("late", "Lower the interval"),
    Verdict.KEEP: ("succeeded", "Keep it"),
    Verdict.PROTECT: ("failed", "Take checkpoints"),
    Verdict.ON_DEMAND: ("late", "On-demand is cheaper"),
    Verdict.TOO_LITTLE: ("unknown", "Too little data"),
}
"""Verdict → the state whose mark it has, and its words."""


def build_rows(insight: Insight, view: View, *, may_change: bool) -> list[Component]:
    """A panel for each group; what is missing where there are none."""
    if not insight.rows:
        return [
            html.Div(
                [
                    html.Strong("No job of this selection ran on Spot."),
                    html.Span(
                        "Rates and advice need attempts whose purchase option is known to be Spot, with their times."
                    ),
                    dcc.Link("All time, no filters", href="/insight?range=all", className="button"),
                ],
                className="notice",
            )
        ]
    return [_build_row(row, insight, view, may_change=may_change) for row in insight.rows]


def build_summary(insight: Insight) -> str:
    """What the page comes to in one sentence."""
    gains = [
        row.advice.saves
        for row in insight.rows
        if row.advice.verdict in (Verdict.RAISE, Verdict.LOWER) and row.advice.saves is not None
    ]
    bare = [row for row in insight.rows if row.advice.verdict is Verdict.PROTECT]
    few = [row for row in insight.rows if row.advice.verdict is Verdict.TOO_LITTLE]
    whole = len(insight.rows)
    parts = []
    if gains:
        parts.append(f"{len(gains)} of {whole} would gain from another interval, {_together(gains)} a month together")
    elif known := whole - len(few):
        parts.append(f"None of {known} would gain from another interval")
    if bare:
        lost = _together([range_of_loss(row.observed, row.advice) for row in bare])
        parts.append(f"{len(bare)} without checkpoints lose work worth {lost} a month")
    if few:
        parts.append(f"of {len(few)} too little is known to advise")
    text = "; ".join(parts)
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def _together(ranges: list[Range]) -> str:
    # As if all were as low, or as high, as they may be at a time: never too narrow.
    low, high = (format_usd(sum(ends)) for ends in zip(*((one.low, one.high) for one in ranges), strict=True))
    return f"{format_usd(sum(one.value for one in ranges))} ({low} to {high})"


def _build_row(row: Row, insight: Insight, view: View, *, may_change: bool) -> Component:
    state, words = _VERDICTS[row.advice.verdict]
    tools: list[Component] = []
    if may_change and insight.by is InsightBy.QUEUE and (setting := proposed(row)):
        tools.append(
            html.A(
                f"Set this for {row.key}", href=configuration_link(row.key, setting), className="button button-primary"
            )
        )
    jobs = view.link("/jobs", **{insight.by.value: [row.key], "by": None})
    return html.Section(
        [
            html.Div(
                [
                    html.Div([html.H2(dcc.Link(html.Bdi(row.key), href=jobs)), build_state(state, words)]),
                    html.Div(tools, className="panel-tools"),
                ],
                className="insight-head",
            ),
            html.Ul([html.Li(text) for text in row.says], className="insight-says"),
            *([_build_applied(row.applied)] if row.applied else []),
            build_evidence(row, jobs),
        ],
        className="panel insight-row",
        **{"aria-label": row.key, "data-verdict": row.advice.verdict.value},
    )


def _build_applied(applied: Applied) -> Component:
    return html.P(applied.says, className="insight-applied", role="note")


def proposed(row: Row) -> dict[str, str]:
    """The settings that would follow the advice on a queue; none where there are none to set."""
    if row.key == UNKNOWN:
        return {}
    if row.advice.verdict is Verdict.PROTECT:
        return {"ckptMode": "iterative"}
    if row.advice.verdict in (Verdict.RAISE, Verdict.LOWER) and row.advice.intervals is not None:
        seconds = row.advice.intervals.best
        # Whole minutes from five minutes on: what a person would set.
        whole = round(seconds / 60) * 60 if seconds >= 300 else max(1, round(seconds))
        return {"ckptInterval": short(Duration(whole * 10**9))}
    return {}


def short(duration: Duration) -> str:
    """A duration without the parts that are 0: `46m`."""
    text = str(duration)
    text = text.removesuffix("0s") if text.endswith("m0s") else text
    return text.removesuffix("0m") if text.endswith("h0m") else text


def configuration_link(queue: str, setting: dict[str, str]) -> str:
    """The address of the Configuration page with the change filled in."""
    pairs = [("set", f"ckpt.queues.{queue}.{name}={value}") for name, value in setting.items()]
    return f"/configuration?{urlencode(pairs)}#{SECTION}"
