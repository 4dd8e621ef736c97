"""`import` on a real data directory: every real file once, again, damaged, and the worked example."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from mmbatch_dash.adapters import nextflow
from mmbatch_dash.cli import main
from mmbatch_dash.commands.store_access import opened
from mmbatch_dash.domain.choices import JobStatus
from mmbatch_dash.domain.groupings import QUEUE
from mmbatch_dash.domain.selection import parse_selection
from mmbatch_dash.settings import Settings, build_settings
from tests.reference.worked_example import WORKED_EXAMPLE

NEXTFLOW_ROWS = 6 + 2 + 20 + 16 + 217 + 1368 + 217
"""Data lines of the seven traces, counted with `tail -n +2 FILE | wc -l`."""
ONE_RUN_TWICE = 217
"""Two of the traces record the same run, once in human-readable and once in raw form."""
PARENTS = 9
"""Array and multi-node parents in the DescribeJobs answers: 3 arrays and 6 multi-node jobs."""


def run(*arguments: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    assert ended.value.code in (0, None)


def rounded(value: Any) -> Any:
    """Sums are added up in any order, so their last digit is not compared."""
    if isinstance(value, dict):
        return {key: rounded(inner) for key, inner in value.items()}
    return float(f"{value:.12g}") if isinstance(value, float) else value


def count(settings: Settings, sql: str) -> int:
    with opened(settings) as services, services.database.cursor() as cursor:
        return int(cursor.execute(sql).fetchall()[0][0])


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return build_settings(tmp_path / "data")


def test_all_real_traces_give_one_job_a_native_id_and_nothing_twice(settings: Settings, shared_data: Path) -> None:
    traces = [str(path) for path in sorted((shared_data / "nextflow").iterdir())]
    for _ in range(2):
        run("import", *traces, "--data-dir", str(settings.data_dir))
        assert count(settings, "SELECT count(*) FROM jobs") == NEXTFLOW_ROWS - ONE_RUN_TWICE
        assert count(settings, "SELECT count(*) FROM attempts") == NEXTFLOW_ROWS - ONE_RUN_TWICE
        assert count(settings, "SELECT count(*) FROM rejects") == 0


def test_a_trace_without_cpus_gives_unknown_cpu_hours_and_never_zero(settings: Settings, shared_data: Path) -> None:
    run(
        "import",
        str(shared_data / "nextflow" / "openproblems__e39313e2.execution_trace.txt"),
        "--data-dir",
        str(settings.data_dir),
    )
    with opened(settings) as services:
        summary = services.reports.summary(parse_selection({}))
    assert summary.total_jobs == 1368
    assert summary.figures["cpu_hours"].value is None
    assert summary.figures["cpu_hours"].coverage == 0.0
    assert summary.figures["cost_usd"].value is None


def test_parents_of_real_answers_are_stored_and_count_in_no_figure(settings: Settings, shared_data: Path) -> None:
    answers = sorted((shared_data / "batch_api").glob("*.json"))
    run("import", *(str(path) for path in answers), "--data-dir", str(settings.data_dir))
    assert count(settings, "SELECT count(*) FROM jobs WHERE is_parent") == PARENTS
    jobs = count(settings, "SELECT count(*) FROM jobs WHERE NOT is_parent")
    with opened(settings) as services:
        assert services.reports.summary(parse_selection({})).total_jobs == jobs
        assert sum(blocks.total_jobs for _, blocks in services.reports.groups(parse_selection({}), QUEUE)) == jobs


def test_the_documented_eventbridge_events_enter_but_for_their_placeholders(
    settings: Settings, shared_data: Path
) -> None:
    events = sorted((shared_data / "eventbridge").glob("*.json"))
    run("import", *(str(path) for path in events), "--data-dir", str(settings.data_dir))
    # Three carry the time yyyy-mm-ddThh:mm:ssZ, two warnings have no time or that of 1970. One id stands in three job
    # events and another in two of blocked queues, each with other content.
    placeholders = sum("yyyy-mm-dd" in path.read_text() for path in events)
    assert placeholders == 3
    assert count(settings, "SELECT count(*) FROM rejects") == placeholders + 2 + 3
    # The array child, the one inside SQS, and that of the examples, which is also at the front of the blocked queue.
    assert count(settings, "SELECT count(*) FROM jobs WHERE NOT is_parent") == 3


@pytest.fixture
def doors(shared_data: Path) -> Path:
    return shared_data / "doors"


def test_a_file_that_nobody_knows_does_not_stop_the_others(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.txt").write_text("who knows\n")
    (tmp_path / "b.ndjson").write_text(json.dumps(WORKED_EXAMPLE[2]) + "\n")
    (tmp_path / "c.json").write_bytes(b"\x00\x01")
    with pytest.raises(SystemExit) as ended:
        main(["import", str(tmp_path), "--data-dir", str(settings.data_dir)])
    assert ended.value.code == 1
    out, err = capsys.readouterr()
    assert out == "b.ndjson: 1 new, 0 known already, 0 kept aside\n"
    assert "a.txt: not imported: a.txt is in no format that is known here" in err
    assert "2 of 3 files could not be imported: a.txt, c.json." in err
    assert count(settings, "SELECT count(*) FROM jobs") == 1


def test_a_conflict_in_a_file_keeps_its_file_and_line(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = {**WORKED_EXAMPLE[0], "data": {**WORKED_EXAMPLE[0]["data"], "vcpus": 99}}
    lines = [json.dumps(WORKED_EXAMPLE[0]), "", json.dumps(other)]
    (tmp_path / "lines.ndjson").write_text("\n".join(lines))
    (tmp_path / "list.json").write_text(json.dumps([other], indent=1))
    run("import", str(tmp_path / "lines.ndjson"), str(tmp_path / "list.json"), "--data-dir", str(settings.data_dir))
    assert "  line 3: The same source and id came before with other content" in capsys.readouterr().err
    run("rejects", "list", "--data-dir", str(settings.data_dir))
    listed = capsys.readouterr().out
    assert "  lines.ndjson line 3: The same source and id came before" in listed
    assert "  list.json line 2: The same source and id came before" in listed


def test_a_conflict_in_a_file_keeps_its_line_in_the_real_input(
    settings: Settings, doors: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (doors / "conflict-line" / "conf.ndjson").read_text().replace('"vcpus": 2', '"vcpus": 4', 1)
    changed = settings.data_dir.with_name("conf.ndjson")
    changed.write_text(text)
    run("import", str(changed), "--data-dir", str(settings.data_dir))
    run("rejects", "list", "--data-dir", str(settings.data_dir))
    assert "conf.ndjson line 3: The same source" in capsys.readouterr().out


def test_an_item_of_a_document_is_not_called_a_line(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    job = {"jobId": "a", "status": "RUNNABLE", "createdAt": 1543502756194}
    (tmp_path / "jobs.json").write_text(json.dumps({"jobs": [job, {**job, "status": "BORED"}]}, indent=1))
    run("import", str(tmp_path / "jobs.json"), "--data-dir", str(settings.data_dir))
    run("rejects", "list", "--data-dir", str(settings.data_dir))
    assert "jobs.json item 2: status: 'BORED' is not" in capsys.readouterr().out


def test_what_was_kept_aside_of_a_file_is_read_again_by_the_door_it_came_through(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = ["native_id;status;submit;note", "1;COMPLETED;2024-01-01 10:00;a;b", "2;DONE;2024-01-01 10:00;"]
    (tmp_path / "t.csv").write_text("\n".join(rows))
    run("import", str(tmp_path / "t.csv"), "--timezone", "Europe/Berlin", "--data-dir", str(settings.data_dir))
    assert count(settings, "SELECT count(*) FROM jobs") == 0
    monkeypatch.setitem(nextflow._STATUSES, "DONE", JobStatus.SUCCEEDED)
    capsys.readouterr()
    run("rejects", "retry", "--data-dir", str(settings.data_dir))
    out, err = capsys.readouterr()
    assert out == "1 entered, 1 still kept aside\n"
    assert "the line has 5 columns, its header 4" in err
    assert count(settings, "SELECT count(*) FROM jobs WHERE submitted_at = '2024-01-01 09:00:00'") == 1


def test_the_last_line_of_a_truncated_trace_is_kept_aside_with_its_number(
    settings: Settings, shared_data: Path, tmp_path: Path
) -> None:
    whole = (shared_data / "nextflow" / "alsf-scpca__07eb53dd.kallisto.snRNA.intron.trace.txt").read_text()
    cut = tmp_path / "cut.trace.txt"
    cut.write_text(whole.rstrip()[:-60])
    run("import", str(cut), "--data-dir", str(settings.data_dir))
    with opened(settings) as services:
        [reject] = services.rejects.page()
        assert (reject.file, reject.place) == ("cut.trace.txt", 7)
        assert services.reports.summary(parse_selection({})).total_jobs == 5


def test_the_worked_example_comes_out_to_the_last_digit(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "worked.ndjson.gz"
    file.write_bytes(gzip.compress("\n".join(json.dumps(event) for event in WORKED_EXAMPLE).encode()))
    run("import", str(file), "--data-dir", str(settings.data_dir))
    capsys.readouterr()
    run("summary", "--json", "--data-dir", str(settings.data_dir))
    summary = json.loads(capsys.readouterr().out)
    values = {name: round(total["value"], 4) for name, total in summary["figures"].items() if isinstance(total, dict)}
    assert values == {
        "cpu_hours": 24.0,
        "cost_usd": 1.0667,
        "saved_cost_usd": 0.6333,
        "saved_cpu_hours": 12.6667,
        "on_demand_savings_usd": 1.6,
    }
    assert summary["figures"]["spot_protections"] == 2
    assert round(summary["engineering"]["instance_hours"]["value"], 4) == 2.6667
    assert summary["engineering"]["lost_seconds"]["value"] == 25 * 60
    assert round(summary["engineering"]["on_demand_net_savings_usd"]["value"], 4) == 1.1167


def test_rebuilding_from_the_journal_changes_no_figure(
    settings: Settings, shared_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("import", str(shared_data / "cases" / "world-1.ndjson.gz"), "--data-dir", str(settings.data_dir))
    printed = []
    for _ in range(2):
        capsys.readouterr()
        run("summary", "--json", "--filter", "to=2026-06-01", "--data-dir", str(settings.data_dir))
        summary = json.loads(capsys.readouterr().out)
        printed.append(
            rounded({name: summary[name] for name in ("figures", "engineering", "checkpoints", "protections")})
        )
        settings.store_file.write_bytes(b"a damaged store")
        run("rebuild", "--data-dir", str(settings.data_dir))
    assert printed[0] == printed[1]


def test_a_missing_file_is_named_in_one_line(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["import", "nowhere.txt", "--data-dir", str(settings.data_dir)])
    assert ended.value.code == 1
    assert capsys.readouterr().err == "mmbatch_dash: There is no file nowhere.txt.\n"


def test_the_simulated_fleet_never_mixes_with_real_data(
    settings: Settings, shared_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("import", str(shared_data / "cases" / "world-1.ndjson.gz"), "--data-dir", str(settings.data_dir))
    with pytest.raises(SystemExit):
        main(["demo", "--jobs", "5", "--data-dir", str(settings.data_dir)])
    assert "holds real data" in capsys.readouterr().err
    demo = build_settings(settings.data_dir.with_name("demo"))
    run("demo", "--jobs", "20", "--data-dir", str(demo.data_dir))
    run("import", str(shared_data / "cases" / "world-1.ndjson.gz"), "--data-dir", str(demo.data_dir))
    assert "simulated fleet and takes no real events" in capsys.readouterr().err
    assert count(build_settings(demo.data_dir), "SELECT count(*) FROM jobs WHERE NOT is_parent") == 20
    run("demo", "--remove", "--data-dir", str(demo.data_dir))
    assert not demo.data_dir.exists()
    assert settings.store_file.exists()


def test_an_open_job_of_a_file_is_heard_of_at_the_latest_time_of_the_file(settings: Settings, tmp_path: Path) -> None:
    rows = ["native_id\tstatus\tsubmit", "1\tRUNNING\t2024-01-01 10:00", "2\tCOMPLETED\t2024-02-01 10:00"]
    (tmp_path / "trace.txt").write_text("\n".join(rows))
    for _ in range(2):
        run("import", str(tmp_path / "trace.txt"), "--data-dir", str(settings.data_dir))
    with opened(settings) as services:
        lines = [json.loads(line) for line in journal_lines(settings)]
        assert services.rejects.count() == 0
    [seen] = [line for line in lines if line["type"] == "mmbatch.sync.seen"]
    assert (seen["source"], seen["time"]) == ("mmbatch.import/nextflow", "2024-02-01T10:00:00Z")
    assert seen["facts"][0]["job_ids"] == ["nextflow-2024-01-01 10:00-1"]


def journal_lines(settings: Settings) -> list[bytes]:
    files = sorted((settings.data_dir / "journal").glob("*.ndjson"))
    return [line for file in files for line in file.read_bytes().splitlines()]
