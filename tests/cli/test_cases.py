"""The expected worlds and the doors about definitions, through the commands that people type."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from mmbatch_dash.cli import main

TOLERANCE = 2e-6


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    assert ended.value.code in (0, None)
    return capsys.readouterr().out


def summary_of(capsys: pytest.CaptureFixture[str], folder: Path, *files: Path) -> dict[str, Any]:
    data_dir = ("--data-dir", str(folder))
    run(capsys, "import", *map(str, files), *data_dir)
    summary: dict[str, Any] = json.loads(run(capsys, "summary", "--json", *data_dir))
    return summary


def rows_of(capsys: pytest.CaptureFixture[str], folder: Path, what: str) -> list[dict[str, str]]:
    run(capsys, "export", what, "--format", "csv", "--output", str(folder / "out.csv"), "--data-dir", str(folder))
    with (folder / "out.csv").open(newline="", encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


def number(text: str) -> float | None:
    return float(text) if text else None


@pytest.mark.parametrize("name", ["world-1", "world-2", "prices-3"])
def test_import_and_summary_give_the_expected_figures_in_all_and_job_by_job(
    shared_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    expected = json.loads((shared_data / "cases" / f"{name}.expected.json").read_text())
    found = summary_of(capsys, tmp_path / "data", shared_data / "cases" / f"{name}.ndjson.gz")
    totals = {**found["figures"], **found["engineering"]}
    for figure, value in (expected.get("summary") or expected["totals"]).items():
        if figure in ("total_jobs", "spot_protections"):
            assert totals[figure] == value
        elif figure == "protections":
            assert {outcome: found["protections"][outcome] for outcome in value} == value
        elif figure in ("checkpoints", "restores"):
            assert [found[figure]["succeeded"], found[figure]["failed"]] == value
        elif isinstance(value, dict):
            assert totals[figure] == pytest.approx(value, abs=TOLERANCE), figure
        else:
            assert totals[figure]["value"] == pytest.approx(value, abs=TOLERANCE), figure
    rows = {row["job_id"]: row for row in rows_of(capsys, tmp_path / "data", "jobs")}
    assert rows.keys() == expected["jobs"].keys()
    for job_id, figures in expected["jobs"].items():
        for figure, value in figures.items():
            row = rows[job_id]
            if isinstance(value, dict):
                assert {outcome: int(row[f"{figure}_{outcome}"]) for outcome in value} == value
            elif isinstance(value, list):
                assert [int(row[f"{figure}_{outcome}"]) for outcome in ("succeeded", "failed")] == value
            else:
                wanted = None if value is None else pytest.approx(value, abs=TOLERANCE)
                assert number(row[figure]) == wanted, (job_id, figure)


@pytest.mark.parametrize(("file", "cpu_hours"), [("jobs.json", 2.0), ("native.ndjson", 2.0)])
def test_jobs_cancelled_before_they_started_lower_no_coverage(
    shared_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], file: str, cpu_hours: float
) -> None:
    found = summary_of(capsys, tmp_path / "data", shared_data / "doors" / "cancelled-before-start" / file)
    assert found["figures"]["cpu_hours"] == {"value": pytest.approx(cpu_hours), "coverage": 1.0}
    assert found["figures"]["cost_usd"]["value"] is None


@pytest.mark.parametrize(("file", "cost"), [("free_False.ndjson", 0.02), ("free_True.ndjson", 0.0)])
def test_only_a_warning_makes_the_hour_of_a_terminated_host_free(
    shared_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], file: str, cost: float
) -> None:
    found = summary_of(capsys, tmp_path / "data", shared_data / "doors" / "free-hour-without-notice" / file)
    assert found["figures"]["cost_usd"] == {"value": pytest.approx(cost, abs=TOLERANCE), "coverage": 1.0}


@pytest.mark.parametrize("names", [("running_old.txt",), ("ro.ndjson", "running_old2.txt")])
def test_a_running_row_of_the_past_is_stale_and_in_no_running_figure(
    shared_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], names: tuple[str, ...]
) -> None:
    folder = shared_data / "doors" / "stale-running"
    found = summary_of(capsys, tmp_path / "data", *(folder / name for name in names))
    assert found["running"] == {"jobs": 0, "stale_jobs": 1, "cpu_hours": None, "cost_usd": None}


def test_a_saved_answer_about_running_jobs_says_nothing_about_now(
    shared_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = shared_data / "batch_api" / "batch_describe-jobs_RUNNING__2126d38.json"
    found = summary_of(capsys, tmp_path / "data", answer)
    assert (found["running"]["jobs"], found["running"]["stale_jobs"]) == (0, 1)


@pytest.mark.parametrize("order", [("{}", "trace.txt"), ("trace.txt", "{}")])
@pytest.mark.parametrize(("answer", "first_exit"), [("job.json", ""), ("job2.json", "1")])
def test_what_a_trace_knows_stands_with_the_last_placement(
    shared_data: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    order: tuple[str, str],
    answer: str,
    first_exit: str,
) -> None:
    folder = shared_data / "doors" / "trace-last-host-on-first-attempt"
    summary_of(capsys, tmp_path / "data", *(folder / name.format(answer) for name in order))
    first, last = sorted(rows_of(capsys, tmp_path / "data", "attempts"), key=lambda row: int(row["attempt"]))
    assert (last["instance_id"], last["exit_code"]) == ("i-0bbbbbbbbbbbbbbb2", "0")
    assert first["exit_code"] == first_exit
    assert first["instance_id"] in ("", "i-0aaaaaaaaaaaaaaa1")


def test_a_listed_attempt_without_a_start_leaves_the_figures_of_its_job_known(
    shared_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = shared_data / "doors" / "never-started-attempt" / "start_retry.json"
    found = summary_of(capsys, tmp_path / "data", file)
    assert found["figures"]["cpu_hours"] == {"value": pytest.approx(4), "coverage": 1.0}
    assert found["engineering"]["instance_hours"] == {"value": pytest.approx(1), "coverage": 1.0}
    [row] = rows_of(capsys, tmp_path / "data", "jobs")
    assert (row["attempts"], row["started_at"][:19]) == ("2", "2025-07-31T22:23:20")
    assert number(row["runtime_seconds"]) == 3600
    first, last = sorted(rows_of(capsys, tmp_path / "data", "attempts"), key=lambda one: int(one["attempt"]))
    assert (first["end_reason"], last["end_reason"]) == ("not_started", "completed")
