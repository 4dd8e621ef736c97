"""The reference itself, held against figures that a separate program computed and against the worked example."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from tests.reference import report_jobs, said_by_events, total
from tests.reference.figures import JobReport, seconds_between
from tests.reference.hard_worlds import build_hard_world
from tests.reference.totals import Totals

TOLERANCE = 2e-6
OUTCOMES = ("succeeded", "failed", "pending", "unprotected")
CASES = ("world-1", "world-2", "prices-3")


def read_case(folder: Path, name: str) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    with gzip.open(folder / "cases" / f"{name}.ndjson.gz", "rt") as lines:
        events = [json.loads(line) for line in lines]
    return events, json.loads((folder / "cases" / f"{name}.expected.json").read_text())


def counts_of(counted: JobReport | Totals) -> dict[str, Any]:
    return {
        "protections": {outcome: counted.protections[outcome] for outcome in OUTCOMES},
        "spot_protections": counted.protections["succeeded"],
        "checkpoints": list(counted.checkpoints),
        "restores": list(counted.restores),
    }


def value_and_coverage(totals: Totals, name: str, expected: Any) -> Any:
    """The total in the form the expected file gives it: with or without coverage."""
    if isinstance(expected, dict):
        return {"value": totals.value[name], "coverage": totals.coverage[name]}
    return totals.value[name]


@pytest.mark.parametrize("name", CASES)
def test_every_figure_of_every_job_agrees_with_the_expected_file(shared_data: Path, name: str) -> None:
    events, expected = read_case(shared_data, name)
    reports = report_jobs(said_by_events(events))
    assert reports.keys() == expected["jobs"].keys()
    for job_id, figures in expected["jobs"].items():
        counts = counts_of(reports[job_id])
        for figure, value in figures.items():
            found = counts[figure] if figure in counts else reports[job_id].figures[figure]
            wanted = pytest.approx(value, abs=TOLERANCE) if isinstance(value, float) else value
            assert found == wanted, (job_id, figure)


@pytest.mark.parametrize("name", CASES)
def test_totals_and_coverage_agree_with_the_expected_file(shared_data: Path, name: str) -> None:
    events, expected = read_case(shared_data, name)
    totals = total(report_jobs(said_by_events(events)).values())
    for figure, value in (expected.get("summary") or expected["totals"]).items():
        if figure == "total_jobs":
            found: Any = totals.jobs
        elif figure in counts_of(totals):
            found = counts_of(totals)[figure]
        else:
            found = value_and_coverage(totals, figure, value)
        assert found == (value if isinstance(value, list) else pytest.approx(value, abs=TOLERANCE)), figure


@pytest.mark.parametrize("name", CASES)
def test_the_order_of_events_does_not_matter(shared_data: Path, name: str) -> None:
    events, _ = read_case(shared_data, name)
    forwards, backwards = report_jobs(said_by_events(events)), report_jobs(said_by_events(events[::-1]))
    for job_id, report in forwards.items():
        assert report.figures == pytest.approx(backwards[job_id].figures)
        assert report.protections == backwards[job_id].protections


@pytest.mark.parametrize("seed", range(8))
def test_hard_worlds_keep_their_figures_in_any_order_and_within_their_bounds(seed: int) -> None:
    events = build_hard_world(seed)
    forwards, backwards = report_jobs(said_by_events(events)), report_jobs(said_by_events(events[::-1]))
    assert len(forwards) >= 40
    for job_id, report in forwards.items():
        assert report.figures == pytest.approx(backwards[job_id].figures)
        assert report.protections == backwards[job_id].protections
        run = [seconds_between(one.started_at, one.ended_at) for one in report.job.attempts[:-1]]
        if (saved := report.figures["saved_seconds"]) is not None:
            assert saved >= 0
            assert None in run or saved <= sum(seconds or 0 for seconds in run) + TOLERANCE
        assert (report.figures["lost_seconds"] or 0) >= 0


def test_hard_worlds_leave_every_figure_unknown_somewhere_and_known_elsewhere() -> None:
    worlds = [report_jobs(said_by_events(build_hard_world(seed))) for seed in range(8)]
    reports = [report for world in worlds for report in world.values()]
    for name in reports[0].figures:
        unknown = sum(report.figures[name] is None for report in reports)
        assert 0 < unknown < len(reports), name
