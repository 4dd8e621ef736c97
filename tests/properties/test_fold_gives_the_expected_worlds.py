"""The fold and its totals held against figures that a separate program computed for random worlds."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from mmbatch_dash.domain.figures import ENGINEERING_FIGURES, FIGURES
from mmbatch_dash.domain.selection import Selection
from mmbatch_dash.services.reports import Reports
from mmbatch_dash.store.fold.worker import FoldWorker
from tests.store.world import NOW, World

CASES = ("world-1", "world-2", "prices-3")
OUTCOMES = ("succeeded", "failed", "pending", "unprotected")
TOLERANCE = 2e-6


def close(value: Any) -> Any:
    return pytest.approx(value, abs=TOLERANCE) if isinstance(value, int | float) else value


def counts_of(row: Any) -> dict[str, Any]:
    return {
        "protections": {name: row[f"protections_{name}"] for name in OUTCOMES},
        "checkpoints": [row["checkpoints_succeeded"], row["checkpoints_failed"]],
        "restores": [row["restores_succeeded"], row["restores_failed"]],
        "spot_protections": row["protections_succeeded"],
    }


@pytest.mark.parametrize("name", CASES)
def test_every_figure_of_every_job_and_every_total_is_the_expected_one(
    shared_data: Path, tmp_path: Path, name: str
) -> None:
    with gzip.open(shared_data / "cases" / f"{name}.ndjson.gz", "rt") as lines:
        events = [json.loads(line) for line in lines]
    expected = json.loads((shared_data / "cases" / f"{name}.expected.json").read_text())
    world = World(tmp_path, retire_at=10)
    for start in range(0, len(events), 500):
        world.take(events[start : start + 500])
    jobs = world.frame("jobs")
    jobs = jobs[~jobs["is_parent"]].astype(object).set_index("job_id")
    jobs = jobs.where(jobs.notna(), None)
    summary = Reports(world.database, FoldWorker(world.fold, world.journal), clock=lambda: NOW).summary(Selection())
    world.close()
    assert set(jobs.index) == set(expected["jobs"])
    for job_id, figures in expected["jobs"].items():
        found = {**jobs.loc[job_id].to_dict(), **counts_of(jobs.loc[job_id])}
        assert {figure: found[figure] for figure in figures} == {key: close(value) for key, value in figures.items()}
    totals = {**summary.figures, **summary.engineering}
    for figure, value in (expected.get("summary") or expected["totals"]).items():
        if figure in totals:
            wanted = value if isinstance(value, dict) else {"value": value}
            for part, number in wanted.items():
                assert getattr(totals[figure], part) == close(number), (figure, part)
    assert {figure.name for figure in (*FIGURES, *ENGINEERING_FIGURES)} == set(totals)
