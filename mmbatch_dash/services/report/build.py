"""What the report says, and the PDF of it; figures and rounding are those of the Dashboard."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from typing import Any, Literal

from mmbatch_dash.domain.alerts.budgets import month_of, next_month
from mmbatch_dash.domain.errors import InvalidFilter
from mmbatch_dash.domain.figures import ENGINEERING_FIGURES, FIGURES, HEADLINE_COUNTS
from mmbatch_dash.domain.figures.figure import Unit
from mmbatch_dash.domain.groupings import QUEUE
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
from mmbatch_dash.metrics.summary import Blocks, Summary
from mmbatch_dash.services.build import Services

MOST_QUEUES = 25
MOST_ALERTS = 6
LEAST_COMPARED = 10
"""Jobs that the month before must have had for a change to be said."""
FOOT = (
    "Costs are instance costs; EBS, checkpoint storage, data transfer and idle or booting instances are not in them. "
    "The page Bill holds them against AWS's own bill."
)
HEADS = ("Queue", "Jobs", "CPU hours", "Cost", "Saved", "On-demand savings", "Protected")


@dataclass(frozen=True, slots=True)
class Report:
    """A month, ready to be printed.

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


def build_report(services: Services, month: str, selection: Selection) -> Report:
    """The report of a month (2026-03; the present one where it is empty) of the jobs that completed in it.

    Raises:
        InvalidFilter: it is no month.
    """
    now = services.clock().astimezone(selection.zone)
    start = _month(month, now, selection)
    end = min(next_month(start), max(now, start))
    chosen = selection.model_copy(update={"from_at": start, "to_at": end})
    previous = selection.model_copy(update={"from_at": _before(start), "to_at": start})
    summary, before = services.reports.summary(chosen), services.reports.summary(previous)
    partly = end < next_month(start)
    said = {
        "title": f"{start:%B %Y}",
        "scope": _scope(chosen, start, end, partly=partly),
        "made": f"MMBatch Dash, made {format_instant(now, seconds=False)}",
        "simulated": services.settings.simulated,
        "sentence": _sentence(summary),
        "cards": _cards(summary, before, partly=partly),
        "budgets": [spent.sentence for spent in services.measure.budgets(services.clock())] if partly else [],
        "broke": _broke(services, start, end),
        "foot": FOOT,
        "heads": list(HEADS),
        "rows": _rows(services, chosen),
        "engineering": _engineering(summary),
    }
    return Report(f"report_{start:%Y-%m}.pdf", said)


def _month(text: str, now: datetime, selection: Selection) -> datetime:
    if not text:
        return month_of(now, selection.zone)
    try:
        return datetime.strptime(text, "%Y-%m").replace(tzinfo=selection.zone)
    except ValueError:
        raise InvalidFilter(f"{text[:40]!r} is not a month such as 2026-03", field="month") from None


def _before(start: datetime) -> datetime:
    year, month = divmod(start.year * 12 + start.month - 2, 12)
    return start.replace(year=year, month=month + 1)


def _scope(chosen: Selection, start: datetime, end: datetime, *, partly: bool) -> str:
    named = ", ".join(f"{name} {value}" for name, value in chosen.active().items())
    until = f" so far, until {format_instant(end, seconds=False)}" if partly else ""
    return f"Jobs by {chosen.basis.value.replace('_at', '')} time, {start:%Y-%m}{until}, {chosen.tz}" + (
        f"; {named}" if named else ""
    )


def _sentence(summary: Summary) -> str:
    cost, saved = summary.figures["cost_usd"], summary.figures["on_demand_savings_usd"]
    protections = summary.protections
    reclaimed = sum(protections.by_outcome().values())
    below = ""
    if cost.value is not None and saved.value is not None and cost.value + saved.value > 0:
        below = f", {saved.value / (cost.value + saved.value):.0%} below on-demand"
    survived = f"; {protections.succeeded:,} of {reclaimed:,} reclaims were survived" if reclaimed else ""
    return f"{format_count(summary.total_jobs)} jobs cost {format_usd(cost.value)}{below}{survived}."


def _cards(summary: Summary, before: Summary, *, partly: bool) -> list[dict[str, str]]:
    compared = before.total_jobs >= LEAST_COMPARED and not partly
    cards = []
    counts = {"total_jobs": summary.total_jobs, "spot_protections": summary.spot_protections}
    counts_before = {"total_jobs": before.total_jobs, "spot_protections": before.spot_protections}
    for count in HEADLINE_COUNTS:
        change = format_change(counts[count.name], counts_before[count.name]) if compared else ""
        cards.append(_card(count.label, format_count(counts[count.name]), change, ""))
    for figure in FIGURES:
        total, earlier = summary.figures[figure.name], before.figures[figure.name]
        covered = total.coverage
        partial = f"{format_coverage(covered)} known" if covered is not None and covered < 1 else ""
        change = format_change(total.value, earlier.value) if compared else ""
        cards.append(_card(figure.label, format_figure(total.value, figure.unit), change, partial))
    return cards


def _card(label: str, value: str, change: str, partial: str) -> dict[str, str]:
    said = [f"{change} against the month before"] if change and change != "–" else []
    return {"label": label, "value": value, "note": ", ".join([*said, *([partial] if partial else [])])}


def _broke(services: Services, start: datetime, end: datetime) -> list[str]:
    state = services.alerts.state
    found = [one for one in (*state.closed, *state.open) if one.since < end and (one.closed_at or end) >= start]
    lines = [f"{one.since.astimezone(start.tzinfo):%Y-%m-%d %H:%M}: {one.rule}, {one.said}" for one in found]
    more = [f"and {len(lines) - MOST_ALERTS} more"] if len(lines) > MOST_ALERTS else []
    return [*lines[:MOST_ALERTS], *more]


def _rows(services: Services, chosen: Selection) -> list[list[str]]:
    parted = services.reports.groups(chosen, QUEUE).costliest(MOST_QUEUES)
    rows = [_row(queue, blocks) for queue, blocks in parted.named]
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
