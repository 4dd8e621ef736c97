"""How long jobs wait, what stands in RUNNABLE, and what is asked for and not used."""

from urllib.parse import quote

from dash import dcc, html
from dash.development.base_component import Component

from mmbatch_dash.domain.units import (
    MIB_PER_GIB,
    format_age,
    format_count,
    format_duration,
    format_rate,
    format_usd,
)
from mmbatch_dash.insight.observed import Spread
from mmbatch_dash.pages.filters.view import View
from mmbatch_dash.pages.tables import Cell, Head, build_table
from mmbatch_dash.services.insight_waiting import Fit, Waiting

_HEADS = (
    Head("Queue", narrow=True),
    Head("All (median)", numeric=True, narrow=True),
    Head("All (p95)", numeric=True, narrow=True),
    Head("Before the first start (median)", numeric=True),
    Head("Before the first start (p95)", numeric=True),
    Head("Between attempts (median)", numeric=True),
    Head("Between attempts (p95)", numeric=True),
)
_EFFICIENCY = (
    Head("Definition", narrow=True),
    Head("Jobs", numeric=True),
    Head("CPU used", numeric=True, narrow=True),
    Head("Memory used", numeric=True, narrow=True),
    Head("Idle CPU (USD)", numeric=True, narrow=True),
    Head("Asked for", numeric=True),
    Head("95 % fit into", numeric=True),
)


def build_waiting(waiting: Waiting, view: View) -> list[Component]:
    """The table by queue, and below it the jobs that stand in RUNNABLE."""
    if not waiting.queues:
        return [html.P("No job of this selection has told how long it waited.", className="panel-empty")]
    rows: list[list[Cell]] = [
        [
            (dcc.Link(html.Bdi(one.queue), href=view.link("/jobs", queue=[one.queue], by=None)), one.queue),
            *(cell for spread in (one.all, one.first, one.between) for cell in _cells(spread)),
        ]
        for one in waiting.queues
    ]
    parts = [build_table(_HEADS, rows, "Waiting of jobs by queue; between attempts a value each", "Waiting")]
    if waiting.stuck:
        items = [
            html.Li(
                [
                    dcc.Link(html.Bdi(job.name or job.job_id), href=view.link(f"/jobs/{quote(job.job_id, safe='')}")),
                    f" for {format_age(waiting.as_of - job.submitted_at)}: {job.reason or 'AWS gives no reason'}",
                ]
            )
            for job in waiting.stuck
        ]
        parts += [html.H3("Standing in RUNNABLE"), html.Ul(items, className="insight-says")]
    return parts


def build_efficiency(waiting: Waiting, view: View) -> Component:
    """The table by job definition, the most idle money first."""
    if not waiting.fits:
        return html.P(
            "No job of this selection has told its usage (mmbatch.job.usage events).", className="panel-empty"
        )
    rows = [_fit_row(fit, view) for fit in waiting.fits]
    return build_table(
        _EFFICIENCY, rows, "Use of CPU and memory by job definition, most idle money first", "Efficiency"
    )


def _fit_row(fit: Fit, view: View) -> list[Cell]:
    return [
        (dcc.Link(html.Bdi(fit.definition), href=view.link("/jobs", definition=[fit.definition], by=None)), ""),
        (format_count(fit.jobs), "jobs that told their usage"),
        (format_rate(fit.cpu_share), "CPU seconds used of vCPUs × run time"),
        (format_rate(fit.memory_share), "most memory used of memory asked for"),
        (format_usd(fit.idle_usd), "cost × the share of CPU not used"),
        (_size(fit.vcpus, fit.memory_mib), "asked for most often"),
        (_size(fit.fitting_vcpus, fit.fitting_memory_mib), "mean CPUs of a run, and most memory: 95 % of the runs"),
    ]


def _size(vcpus: float | None, memory_mib: float | None) -> str:
    parts = []
    if vcpus is not None:
        parts.append(f"{vcpus:.1f} vCPUs" if vcpus != int(vcpus) else f"{vcpus:.0f} vCPUs")
    if memory_mib is not None:
        parts.append(f"{memory_mib / MIB_PER_GIB:,.1f} GiB")
    return ", ".join(parts) or "–"


def _cells(spread: Spread) -> list[Cell]:
    said = f"of {format_count(spread.count)}" if spread.count else "nothing is known"
    return [(format_duration(spread.median), said), (format_duration(spread.p95), said)]
