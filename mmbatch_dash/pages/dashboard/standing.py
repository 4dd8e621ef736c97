"""The line of small chips under the title: what to know before trusting the figures, each with the page it is about."""

from collections.abc import Sequence
from dataclasses import dataclass

from dash import dcc
from dash.development.base_component import Component

from mmbatch_dash.domain.units import format_count
from mmbatch_dash.services import Services
from mmbatch_dash.services.reports import Dashboard

QUARANTINE_PATH = "/admin/quarantine"
STORAGE_PATH = "/admin/storage"
ALERTS_PATH = "/alerts"


@dataclass(frozen=True, slots=True)
class Mark:
    """One chip.

    Attributes:
        said: what it says.
        href: the page it leads to.
        meaning: what hovering adds.
        grave: figures are less than they should be.
    """

    said: str
    href: str
    meaning: str
    grave: bool = False


def read_marks(services: Services, dashboard: Dashboard) -> list[Mark]:
    """What holds now, the gravest first."""
    fresh = services.reports.freshness()
    kept_aside, pending = services.rejects.count(), services.prices.pending_jobs()
    marks = [Mark("The figures stand still", STORAGE_PATH, fresh.problem, grave=True)] if fresh.problem else []
    if fresh.degraded:
        marks.append(Mark("Journal degraded", STORAGE_PATH, " ".join(fresh.degraded), grave=True))
    if fresh.rebuild:
        said = f"Tables being made anew, {fresh.rebuild.share:.0%}"
        marks.append(Mark(said, STORAGE_PATH, "Events are taken meanwhile; what is not yet read again is missing"))
    marks += _alerts(services)
    marks += _stuck(services, dashboard)
    if kept_aside:
        entries = "entry" if kept_aside == 1 else "entries"
        said = f"{format_count(kept_aside)} {entries} in quarantine"
        marks.append(Mark(said, QUARANTINE_PATH, "Events and lines that were refused; none of them is in the figures"))
    if pending:
        said = f"{format_count(pending)} jobs being costed again"
        marks.append(Mark(said, "/configuration", "Prices or pricing settings changed; dollars follow in a moment"))
    if stale := dashboard.running.stale_jobs:
        said = f"{format_count(stale)} running {'job' if stale == 1 else 'jobs'} not heard of for long"
        meaning = "Left out of what runs now; dashboard.staleAfter says after how long"
        marks.append(Mark(said, "/jobs?range=all&status=RUNNING&sort=updated_at", meaning))
    if shared := dashboard.shared_instance_jobs:
        said = f"{format_count(shared)} jobs on shared instances"
        meaning = "Each is charged the whole instance; pricing.attribution can divide it"
        marks.append(Mark(said, "/configuration", meaning))
    return marks


def _stuck(services: Services, dashboard: Dashboard) -> list[Mark]:
    """Jobs that wait in RUNNABLE for a reason that AWS told, for their volume, and those that AWS gave up."""
    stuck = services.measure.stuck(dashboard.selection)
    marks = []
    for rows, said, path in (
        (stuck.waiting, "stuck", "/jobs?range=all&status=RUNNABLE"),
        (stuck.without_volume, "stuck without their volume", "/jobs?range=all&q=Volume%20Unready"),
        (stuck.given_up, "given up while waiting", "/jobs?range=all&q=JobStateTimeLimit"),
    ):
        if jobs := sum(count for _, count in rows):
            reasons = ", ".join(f"{format_count(count)} {reason}" for reason, count in rows[:2])
            every = "\n".join(f"{format_count(count)} {reason}" for reason, count in rows)
            marks.append(Mark(f"{format_count(jobs)} {'job' if jobs == 1 else 'jobs'} {said}: {reasons}", path, every))
    return marks


def _alerts(services: Services) -> list[Mark]:
    """Open incidents, and the budgets of this month."""
    marks = []
    if incidents := services.alerts.state.open:
        said = f"{format_count(len(incidents))} {'alert' if len(incidents) == 1 else 'alerts'}"
        marks.append(Mark(said, ALERTS_PATH, "; ".join(one.said for one in incidents[:5]), grave=True))
    marks.extend(
        Mark(f"Budget {spent.sentence}", ALERTS_PATH, "This month, with what runs now", grave=spent.share >= 1)
        for spent in services.measure.budgets(services.clock())
    )
    return marks


def build_marks(marks: Sequence[Mark]) -> list[Component]:
    """The chips; none where there is nothing to know."""
    return [
        dcc.Link(mark.said, href=mark.href, title=mark.meaning, className=f"mark-chip{' mark-grave' * mark.grave}")
        for mark in marks
    ]
