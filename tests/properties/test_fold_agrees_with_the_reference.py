"""The SQL fold held against a second, plain reading of docs/definitions.md on worlds with every kind of damage."""

import math
import tempfile
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from mmbatch_dash.adapters.cloudevents import read_event
from mmbatch_dash.domain.errors import InvalidInput
from tests.effort import effort
from tests.reference.figures import JobReport, report_jobs
from tests.reference.hard_worlds import build_hard_world
from tests.reference.said import said_by_events
from tests.store.world import World

FIGURES = (
    "runtime_seconds",
    "cpu_hours",
    "instance_hours",
    "cost_usd",
    "saved_seconds",
    "spot_saved_seconds",
    "waiting_seconds",
    "saved_cpu_hours",
    "saved_cost_usd",
    "on_demand_savings_usd",
    "lost_seconds",
    "overhead_seconds",
    "net_saved_seconds",
    "on_demand_net_savings_usd",
)


def acceptable(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those a door would let in; damage can put a checkpoint's moment after its own event."""
    accepted = []
    for event in events:
        try:
            read_event(event)
        except InvalidInput:
            continue
        accepted.append(event)
    return accepted


def differences(row: "pd.Series[Any]", report: JobReport) -> list[str]:
    found = []
    for name in FIGURES:
        got, expected = row[name], report.figures[name]
        got = None if got is None or math.isnan(got) else float(got)
        same = got == expected if None in (got, expected) else math.isclose(got, expected, rel_tol=1e-9, abs_tol=1e-6)  # type: ignore[arg-type]
        if not same:
            found.append(f"{name}: fold {got}, reference {expected}")
    counts: dict[str, Any] = {
        f"protections_{name}": report.protections.get(name, 0)
        for name in ("succeeded", "failed", "pending", "unprotected")
    }
    counts |= dict(zip(("checkpoints_succeeded", "checkpoints_failed"), report.checkpoints, strict=True))
    counts |= dict(zip(("restores_succeeded", "restores_failed"), report.restores, strict=True))
    counts["status"] = report.job.status
    counts["attempts"] = len(report.job.attempts)
    return found + [
        f"{name}: fold {row[name]}, reference {value}" for name, value in counts.items() if row[name] != value
    ]


@pytest.mark.parametrize("seed", range(effort(12, 4)))
def test_every_figure_of_every_job_of_a_hard_world_agrees(seed: int) -> None:
    events = acceptable(build_hard_world(seed))
    reports = report_jobs(said_by_events(events))
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder), simulated=True)
        half = len(events) // 2
        world.take(events[:half])
        world.take(events[half:])
        jobs = world.frame("jobs")
        jobs = jobs[~jobs["is_parent"]].set_index("job_id")
        world.close()
    assert set(jobs.index) == set(reports)
    wrong = {job_id: found for job_id in reports if (found := differences(jobs.loc[job_id], reports[job_id]))}
    assert not wrong
