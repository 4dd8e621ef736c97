"""What the report says, and the PDF of it; figures and rounding are those of the Dashboard."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.resources import files
from typing import Any, Literal, Protocol

from mmbatch_dash.domain.figures import ENGINEERING_FIGURES, FIGURES, HEADLINE_COUNTS
from mmbatch_dash.domain.figures.figure import Unit
from mmbatch_dash.domain.groupings import QUEUE
from mmbatch_dash.domain.periods import Every, Period, parse_month
from mmbatch_dash.domain.selection import Selection
from mmbatch_dash.domain.units import (
    format_change,
    format_count,
    format_coverage,
    format_figure,
    format_instant,
    format_rate,
    format_usd,
)
from mmbatch_dash.insight.sentences import advise_in_short
from mmbatch_dash.metrics.summary import Blocks, Summary
from mmbatch_dash.services.alerts.measure import Measure
from mmbatch_dash.services.alerts.watch import Alerts
from mmbatch_dash.services.insight import Insights
from mmbatch_dash.services.report.names import LONGEST_LINE, on_paper
from mmbatch_dash.services.reports import Reports
from mmbatch_dash.settings import Settings

MOST_QUEUES = 25
MOST_ALERTS = 6
MOST_ADVICE = 3
MOST_BUDGETS = 8
LEAST_COMPARED = 10
"""Jobs that the month before must have had for a change to be said."""
FOOT = (
    "Costs are instance costs; EBS, checkpoint storage, data transfer and idle or booting instances are not in them. "
    "The page Bill holds them against AWS's own bill."
)
HEADS = ("Queue", "Jobs", "CPU hours", "Cost", "Saved", "On-demand savings", "Protected")


@dataclass(frozen=True, slots=True)
class Report:
    """A month or week, ready to be printed.

    Attributes:
        name: of the file.
        said: what stands on its pages.
    """

    name: str
    said: dict[str, Any]

    def pdf(self) -> bytes:
        """The PDF: a page of headline, a page of detail."""
        return self._compiled("pdf")[0]

    def pictures(self, ppi: float = 60.0) -> list[bytes]:
        """The pages as PNG."""
        return self._compiled("png", ppi)

    def _compiled(self, form: Literal["pdf", "png"], ppi: float | None = None) -> list[bytes]:
        # The compiler is a library of 80 MB, which a server that prints nothing need not load.
        import typst

        source = files("mmbatch_dash.services.report").joinpath("report.typ").read_bytes()
        inputs = {"report": json.dumps(self.said)}
        made: Any = typst.compile(source, format=form, ppi=ppi, sys_inputs=inputs, ignore_system_fonts=True)
        return made if isinstance(made, list) else [made]


class Sources(Protocol):
    """What a report is made from; the services are."""

    reports: Reports
    insights: Insights
    measure: Measure
    alerts: Alerts
    settings: Settings

    @property
    def clock(self) -> Callable[[], datetime]:
        """What time it is."""


def build_report(sources: Sources, month: str, selection: Selection) -> Report:
    """The report of a month (2026-03; the present one where it is empty), by the time that the selection goes by.

    Raises:
        InvalidFilter: it is no month.
    """
    return report_of(sources, parse_month(month, sources.clock().astimezone(selection.zone)), selection)


def report_of(sources: Sources, period: Period, selection: Selection) -> Report:
    """The report of a period, up to now where it is not over, by the time that the selection goes by."""
    now, start, before = sources.clock().astimezone(selection.zone), period.start, period.before()
    end = min(period.end, max(now, start))
    chosen = selection.model_copy(update={"from_at": start, "to_at": end})
    previous = selection.model_copy(update={"from_at": before.start, "to_at": before.end})
    summary, earlier = sources.reports.summary(chosen), sources.reports.summary(previous)
    spendings, partly = sources.measure.budgets(end - timedelta(seconds=1)), end < period.end
    said = {
        "title": period.title,
        "noun": period.noun,
        "scope": _scope(chosen, period, end, partly=partly),
        "made": f"MMBatch Dash, made {format_instant(now, seconds=False)}",
        "simulated": sources.settings.simulated,
        "sentence": _sentence(summary),
        "cards": _cards(summary, earlier, period, partly=partly),
        "budgets": _few([spent.sentence for spent in spendings], MOST_BUDGETS),
        "advice": _advice(sources, chosen),
        "broke": _broke(sources, start, end),
        "foot": FOOT,
        "heads": list(HEADS),
        "rows": _rows(sources, chosen),
        "engineering": _engineering(summary),
    }
    return Report(f"report_{period.name}.pdf", said)


def _scope(chosen: Selection, period: Period, end: datetime, *, partly: bool) -> str:
    named = ", ".join(f"{name} {value}" for name, value in chosen.active().items())
    until = f" so far, until {format_instant(end, seconds=False)}" if partly else ""
    when = period.name
    if period.every is Every.WEEKLY:
        when = f"{period.start:%Y-%m-%d} to {period.end - timedelta(days=1):%Y-%m-%d}"
    return f"Jobs by {chosen.basis.value.replace('_at', '')} time, {when}{until}, {chosen.tz}" + (
        f"; {named}" if named else ""
    )


def _advice(sources: Sources, chosen: Selection) -> list[str]:
    """What is worth changing, the costliest first."""
    said = [(row.key, advise_in_short(row.observed, row.advice)) for row in sources.insights.read(chosen).rows]
    return [f"{key}: {sentence}" for key, sentence in said if sentence][:MOST_ADVICE]


def _sentence(summary: Summary) -> str:
    if not summary.total_jobs:
        return "No jobs."
    cost, saved = summary.figures["cost_usd"], summary.figures["on_demand_savings_usd"]
    protections = summary.protections
    reclaimed = sum(protections.by_outcome().values())
    below = ""
    if cost.value is not None and saved.value is not None and cost.value + saved.value > 0:
        below = f", {saved.value / (cost.value + saved.value):.0%} below on-demand"
    survived = f"; {protections.succeeded:,} of {reclaimed:,} reclaims were survived" if reclaimed else ""
    return f"{format_count(summary.total_jobs)} jobs cost {format_usd(cost.value)}{below}{survived}."


def _cards(summary: Summary, before: Summary, period: Period, *, partly: bool) -> list[dict[str, str]]:
    compared = before.total_jobs >= LEAST_COMPARED and not partly
    cards = []
    counts = {"total_jobs": summary.total_jobs, "spot_protections": summary.spot_protections}
    counts_before = {"total_jobs": before.total_jobs, "spot_protections": before.spot_protections}
    for count in HEADLINE_COUNTS:
        change = format_change(counts[count.name], counts_before[count.name]) if compared else ""
        cards.append(_card(count.label, format_count(counts[count.name]), period, change))
    for figure in FIGURES:
        total, earlier = summary.figures[figure.name], before.figures[figure.name]
        covered = total.coverage
        partial = f"{format_coverage(covered)} known" if covered is not None and covered < 1 else ""
        change = format_change(total.value, earlier.value) if compared else ""
        cards.append(_card(figure.label, format_figure(total.value, figure.unit), period, change, partial))
    return cards


def _card(label: str, value: str, period: Period, change: str, partial: str = "") -> dict[str, str]:
    said = [f"{change} against the {period.noun} before"] if change and change != "–" else []
    return {"label": label, "value": value, "note": ", ".join([*said, *([partial] if partial else [])])}


def _broke(sources: Sources, start: datetime, end: datetime) -> list[str]:
    state = sources.alerts.state
    found = [one for one in (*state.closed, *state.open) if one.since < end and (one.closed_at or end) >= start]
    lines = [f"{one.since.astimezone(start.tzinfo):%Y-%m-%d %H:%M}: {one.rule}, {one.said}" for one in found]
    return _few(lines, MOST_ALERTS)


def _few(lines: list[str], most: int) -> list[str]:
    """So many that the page holds them, and how many more there are."""
    more = [f"and {len(lines) - most} more"] if len(lines) > most else []
    return [*(on_paper(line, LONGEST_LINE) for line in lines[:most]), *more]


def _rows(sources: Sources, chosen: Selection) -> list[list[str]]:
    parted = sources.reports.groups(chosen, QUEUE).costliest(MOST_QUEUES)
    rows = [_row(on_paper(queue), blocks) for queue, blocks in parted.named]
    return [*rows, *([_row(f"{parted.others} other queues", parted.rest)] if parted.rest else [])]


def _row(name: str, blocks: Blocks) -> list[str]:
    figures = blocks.figures
    return [
        name,
        format_count(blocks.total_jobs),
        format_figure(figures["cpu_hours"].value, Unit.HOURS),
        *(format_usd(figures[one].value) for one in ("cost_usd", "saved_cost_usd", "on_demand_savings_usd")),
        format_rate(blocks.protections.rate),
    ]


def _engineering(summary: Summary) -> list[str]:
    tries: Sequence[tuple[str, Any]] = (
        ("Checkpoints", summary.checkpoints),
        ("Restores", summary.restores),
        ("Protections", summary.protections),
    )
    return [
        *(
            f"{name}: {format_count(one.attempts)} tried, {format_count(one.failed)} failed, "
            f"{format_rate(one.rate)} succeeded"
            for name, one in tries
        ),
        f"Reclaimed without protection: {format_count(summary.protections.unprotected)}",
        *(
            f"{figure.label}: {format_figure(summary.engineering[figure.name].value, figure.unit)}"
            for figure in ENGINEERING_FIGURES
        ),
    ]
