"""Running now: open work as of the reading time, never part of the figures above it."""

from dash import html
from dash.development.base_component import Component

from mmbatch_dash.domain.figures import Unit
from mmbatch_dash.domain.units import UNKNOWN_TEXT, format_count, format_exact, format_hours, format_usd
from mmbatch_dash.metrics.summary import Running


def build_running(running: Running) -> list[Component]:
    """Jobs, vCPUs, CPU hours and cost so far, cost rate, reclaims in the last hour."""
    if not running.jobs:
        # Nothing runs, which is known: zeros, not dashes.
        running = Running(0, running.stale_jobs, 0.0, 0.0, 0.0, 0.0, running.reclaims_last_hour)
    rate = running.cost_usd_per_hour
    stale = [
        _build_item(
            "Not heard of",
            format_count(running.stale_jobs),
            "jobs that were running when last heard of, longer ago than dashboard.staleAfter: in no figure here",
        )
    ]
    return [
        _build_item("Jobs", format_count(running.jobs), f"{running.jobs:,} jobs are running"),
        _build_item("vCPUs", format_count(running.vcpus), _unknown(running.vcpus, "no running job says its vCPUs")),
        _build_item(
            "CPU hours so far",
            format_hours(running.cpu_hours),
            _unknown(running.cpu_hours, "start or vCPUs of running jobs are unknown", Unit.HOURS),
        ),
        _build_item(
            "Cost so far",
            format_usd(running.cost_usd),
            _unknown(running.cost_usd, "no open attempt has a known rate", Unit.USD),
        ),
        _build_item(
            "Cost rate",
            format_usd(rate) if rate is None else f"{format_usd(rate)}/h",
            _unknown(rate, "no open attempt has a known rate", Unit.USD),
        ),
        _build_item(
            "Reclaims, last hour",
            format_count(running.reclaims_last_hour),
            "attempts EC2 took back in the last 60 minutes",
        ),
        *(stale if running.stale_jobs else []),
    ]


def _build_item(label: str, text: str, title: str) -> Component:
    kind = "running-unknown" if text == UNKNOWN_TEXT else ""
    return html.Div(
        [html.Dt(label), html.Dd(text, title=title, className=kind)],
        className="running-item",
    )


def _unknown(value: float | None, reason: str, unit: Unit = Unit.COUNT) -> str:
    text = format_exact(value, unit)
    return f"Unknown: {reason}" if text == "unknown" else text
