"""Nextflow traces: the real ones counted against a plain reading of the files, and every decision about a row."""

import csv
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from mmbatch_dash.adapters.nextflow import read_lines
from mmbatch_dash.domain.choices import SourceKind
from mmbatch_dash.domain.errors import InvalidInput
from mmbatch_dash.domain.facts import Entry, Fact, Rejection

BATCH_ID = "504810f5-57e4-4c8e-a582-b433a7d7ed14"
SUBMIT = datetime(2021, 4, 27, 10, 54, 5, 425000, tzinfo=UTC)
HUMAN = "2021-04-27 10:54:05.425"
HUMAN_FORM = "openproblems__25597226.execution_trace.txt"
RAW_FORM = "openproblems__ee03197b.report_trace_raw.tsv"
# Rows of each file, by `tail -n +2 FILE | cut -f STATUS_COLUMN | sort | uniq -c`.
COUNTS = {
    "alsf-scpca__07eb53dd.kallisto.snRNA.intron.trace.txt": {"SUCCEEDED": 6},
    "alsf-scpca__12a0d423.cellranger.snRNA.intron.trace.txt": {"SUCCEEDED": 2},
    "alsf-scpca__57fb8e9b.trace_alevin-kallisto_2020-09-11.txt": {"SUCCEEDED": 20},
    "alsf-scpca__aa4f0c34.alevin.fry.scRNA.sketch.trace.txt": {"SUCCEEDED": 16},
    "openproblems__25597226.execution_trace.txt": {"SUCCEEDED": 209, "FAILED": 8},
    "openproblems__e39313e2.execution_trace.txt": {"SUCCEEDED": 852, "FAILED": 516},
    "openproblems__ee03197b.report_trace_raw.tsv": {"SUCCEEDED": 209, "FAILED": 8},
}


def read(text: str, zone: str = "UTC") -> list[Entry | Rejection]:
    return list(read_lines(text.splitlines(keepends=True), zone=ZoneInfo(zone), file="trace.txt"))


def trace(zone: str = "UTC", **columns: str) -> Entry:
    row = {"native_id": BATCH_ID, "hash": "f6/8e9c39", "status": "COMPLETED", "exit": "0", "submit": HUMAN, **columns}
    [entry] = read("\t".join(row) + "\n" + "\t".join(row.values()) + "\n", zone)
    assert isinstance(entry, Entry)
    return entry


def job(**columns: str) -> Fact:
    return trace(**columns).facts[0]


def attempt(**columns: str) -> Fact:
    return trace(**columns).facts[1]


def refusal(**columns: str) -> str:
    row = {"native_id": BATCH_ID, "status": "COMPLETED", "submit": HUMAN, **columns}
    [rejection] = read("\t".join(row) + "\n" + "\t".join(row.values()) + "\n")
    assert isinstance(rejection, Rejection)
    return rejection.error


def read_file(path: Path) -> list[Entry]:
    with path.open(encoding="utf-8") as lines:
        entries = list(read_lines(lines, zone=UTC, file=path.name))
    assert all(isinstance(entry, Entry) for entry in entries)
    return [entry for entry in entries if isinstance(entry, Entry)]


@pytest.mark.parametrize("name", sorted(COUNTS))
def test_every_row_of_a_real_trace_is_one_job_with_one_placement_and_none_is_kept_aside(
    shared_data: Path, name: str
) -> None:
    entries = read_file(shared_data / "nextflow" / name)
    jobs = [fact for entry in entries for fact in entry.facts if fact["type"] == "job.reported"]
    attempts = [fact for entry in entries for fact in entry.facts if fact["type"] == "latest_attempt.reported"]
    assert Counter(fact["status"] for fact in jobs) == COUNTS[name]
    assert len({fact["job_id"] for fact in jobs}) == len(attempts) == sum(COUNTS[name].values())
    assert not any("attempt" in fact or "unread" in fact for fact in [*jobs, *attempts])


def test_all_real_traces_together_are_1629_jobs_of_1846_rows(shared_data: Path) -> None:
    # 6 + 2 + 20 + 16 + 217 + 1368 + 217 rows; 25597226 and ee03197b record the same 217 tasks in two forms.
    entries = [entry for name in COUNTS for entry in read_file(shared_data / "nextflow" / name)]
    assert len(entries) == len({entry.id for entry in entries}) == 1846
    assert len({entry.facts[0]["job_id"] for entry in entries}) == 1629


def test_the_same_run_in_raw_and_human_form_gives_the_same_jobs_at_the_same_times(shared_data: Path) -> None:
    human = {e.facts[0]["job_id"]: e for e in read_file(shared_data / "nextflow" / HUMAN_FORM)}
    raw = {e.facts[0]["job_id"]: e for e in read_file(shared_data / "nextflow" / RAW_FORM)}
    assert human.keys() == raw.keys()
    # awk -F'\t' 'NR>1 && $3 !~ /-/' on either file | wc -l: tasks beside Nextflow, known by process id
    assert sum(job_id.startswith("nextflow-") for job_id in raw) == 55
    assert "nextflow-09f496c9-22964" in raw
    for job_id, entry in raw.items():
        said, exact = human[job_id].facts[0], entry.facts[0]
        assert said["submitted_at"] == exact["submitted_at"]
        assert abs(said["completed_at"] - exact["completed_at"]) < timedelta(seconds=1)
        assert human[job_id].time < entry.time, "the form that states completion must win in the fold"


def test_times_cpus_memory_and_queue_of_the_raw_trace_agree_with_a_plain_reading(shared_data: Path) -> None:
    path = shared_data / "nextflow" / "openproblems__ee03197b.report_trace_raw.tsv"
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    entries = read_file(path)
    for row, entry in zip(rows, entries, strict=True):
        task, run = entry.facts
        assert run["started_at"].timestamp() * 1000 == pytest.approx(int(row["start"]))
        assert run["ended_at"].timestamp() * 1000 == pytest.approx(int(row["complete"]))
        assert (task["vcpus"], task["memory_mib"] * 2**20) == (int(row["cpus"]), int(row["memory"]))
        assert task.get("queue", "-") == row["queue"]
    # awk: sum of cpus × (complete − start) over the 217 rows
    hours = sum(int(r["cpus"]) * (int(r["complete"]) - int(r["start"])) for r in rows) / 3.6e6
    ours = sum(
        e.facts[0]["vcpus"] * (e.facts[1]["ended_at"] - e.facts[1]["started_at"]).total_seconds() for e in entries
    )
    assert ours / 3600 == pytest.approx(hours)


def test_a_trace_without_cpus_queue_or_start_leaves_them_unknown(shared_data: Path) -> None:
    for entry in read_file(shared_data / "nextflow" / "openproblems__e39313e2.execution_trace.txt"):
        task, run = entry.facts
        assert not {"vcpus", "memory_mib", "queue"} & task.keys()
        assert "started_at" not in run


def test_39_tasks_of_the_long_trace_have_no_exit_code_and_none_is_called_a_reclaim(shared_data: Path) -> None:
    # awk -F'\t' '$6=="-"' openproblems__e39313e2.execution_trace.txt | wc -l → 39
    entries = read_file(shared_data / "nextflow" / "openproblems__e39313e2.execution_trace.txt")
    without = [entry.facts[1] for entry in entries if "exit_code" not in entry.facts[1]]
    assert len(without) == 39
    assert {fact["end_reason"] for fact in without} == {"failed"}


def test_a_missing_completion_is_submit_plus_duration() -> None:
    task = job(duration="33m 48s", realtime="25m 11s")
    assert task["completed_at"] == SUBMIT + timedelta(minutes=33, seconds=48)


def test_a_missing_start_is_not_computed_from_realtime() -> None:
    run = attempt(duration="33m 48s", realtime="25m 11s")
    assert "started_at" not in run
    assert run["ended_at"] == SUBMIT + timedelta(minutes=33, seconds=48)


def test_the_time_of_an_entry_is_the_latest_its_row_states_not_a_computed_one() -> None:
    assert trace(duration="33m 48s").time == SUBMIT
    assert trace(complete="2021-04-27 12:00:00").time == datetime(2021, 4, 27, 12, tzinfo=UTC)


def test_dates_without_zone_are_read_in_the_zone_that_is_given() -> None:
    assert trace(zone="America/New_York").facts[0]["submitted_at"] == SUBMIT + timedelta(hours=4)


def test_a_trace_read_in_two_zones_is_the_same_entry_with_other_content() -> None:
    first, second = trace(), trace(zone="Europe/Berlin")
    assert first.id == second.id
    assert first.raw != second.raw


def test_a_native_id_that_is_no_batch_id_is_qualified_by_the_task_hash() -> None:
    assert job(native_id="22964")["job_id"] == "nextflow-f68e9c39-22964"
    assert job(native_id="22964", hash="00/000001")["job_id"] == "nextflow-00000001-22964"


def test_a_batch_array_child_keeps_its_id_and_names_its_parent() -> None:
    task = job(native_id=f"{BATCH_ID}:3")
    assert (task["job_id"], task["parent_id"]) == (f"{BATCH_ID}:3", BATCH_ID)


def test_a_cached_row_is_an_entry_without_facts() -> None:
    entry = trace(status="CACHED", duration="33m 48s")
    assert entry.facts == []
    assert entry.type == "Nextflow task CACHED"


@pytest.mark.parametrize(
    ("status", "expected"), [("COMPLETED", "SUCCEEDED"), ("FAILED", "FAILED"), ("ABORTED", "FAILED")]
)
def test_the_status_of_a_task_becomes_that_of_a_batch_job(status: str, expected: str) -> None:
    assert job(status=status)["status"] == expected


@pytest.mark.parametrize("code", ["-", "2147483647"])
def test_no_exit_code_is_no_exit_code_and_no_reclaim(code: str) -> None:
    run = attempt(status="FAILED", exit=code, realtime="2h 9s", duration="2h 20s")
    assert "exit_code" not in run
    assert run["end_reason"] == "failed"


def test_an_aborted_task_that_nothing_says_ever_ran_has_no_attempt() -> None:
    [task] = trace(status="ABORTED", exit="-", duration="5s").facts
    assert "attempt" not in task
    assert task["status_reason"] == "Nextflow aborted the task"


def test_a_task_still_running_when_the_trace_was_written_has_an_open_attempt() -> None:
    task, run = trace(status="RUNNING", exit="-", start="2021-04-27 11:00:00").facts
    assert task["status"] == "RUNNING"
    assert "ended_at" not in run
    assert "completed_at" not in task


def test_nextflows_own_attempt_is_a_tag_and_never_the_attempt_number() -> None:
    entry = trace(attempt="3", process="align", tag="s1", hash="ab/cdef01")
    assert "attempt" not in entry.facts[0]
    assert "attempt" not in entry.facts[1]
    tags = entry.facts[0]["tags"]
    assert tags["nextflow.attempt"] == "3"
    assert (tags["nextflow.process"], tags["nextflow.tag"], tags["nextflow.hash"]) == ("align", "s1", "ab/cdef01")


def test_a_task_name_tells_its_process_where_the_column_is_missing() -> None:
    assert job(name="kallisto_bus (SCPCR000118)")["tags"]["nextflow.process"] == "kallisto_bus"


def test_a_hostname_that_is_an_instance_id_names_the_instance() -> None:
    assert attempt(hostname="i-01a2837115229b513")["instance_id"] == "i-01a2837115229b513"
    assert "instance_id" not in attempt(hostname="ip-10-0-0-1")


def test_human_memory_is_read_in_binary_units() -> None:
    assert job(memory="2 GB", cpus="2")["memory_mib"] == 2048.0


def test_the_kind_is_a_trace_and_a_repeat_has_the_same_identity() -> None:
    first, second = trace(duration="1s"), trace(duration="1s")
    assert first.kind == SourceKind.TRACE
    assert (first.source, first.id) == (second.source, second.id)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"status": "BORED"}, "status: 'BORED' is not a task status"),
        ({"submit": "yesterday"}, "submit: the task has no time"),
        ({"submit": "-"}, "submit: the task has no time"),
        ({"native_id": "-"}, "native_id: the task has neither"),
        ({"start": "2021-04-27 12:00:00", "complete": "2021-04-27 11:00:00"}, "complete: .* run backwards"),
        ({"start": "2021-04-27 12:00:00", "duration": "1s"}, r"duration: submit \+ duration is before start"),
    ],
)
def test_a_bad_row_is_kept_aside_with_the_column_that_is_wrong(columns: dict[str, str], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        raise InvalidInput(refusal(**columns))


@pytest.mark.parametrize(
    ("columns", "unread"),
    [
        ({"memory": "null"}, ["memory"]),
        ({"memory": "7,5 GB"}, ["memory"]),
        ({"memory": "0"}, ["memory"]),
        ({"cpus": "null"}, ["cpus"]),
        ({"cpus": "-2", "memory": "lots"}, ["cpus", "memory"]),
        ({"exit": "0.0"}, ["exit"]),
        ({"exit": "boom"}, ["exit"]),
        ({"duration": "2,1s"}, ["duration"]),
        ({"start": "null", "complete": "1614891"}, ["start", "complete"]),
    ],
)
def test_a_column_that_a_task_can_do_without_is_unknown_and_named_where_it_cannot_be_read(
    columns: dict[str, str], unread: list[str]
) -> None:
    task, run = trace(**columns).facts
    assert task["status"] == "SUCCEEDED"
    assert task["unread"] == unread
    known = {"memory": "memory_mib" in task, "cpus": "vcpus" in task, "exit": "exit_code" in run}
    assert not any(known[name] for name in unread if name in known)
    assert ("completed_at" not in task) == bool({"duration", "complete"} & set(unread) or "duration" not in columns)


@pytest.mark.parametrize("milliseconds", [3, 1000, 300_000])
def test_times_that_run_backwards_by_clock_skew_are_kept_as_they_stand(milliseconds: int) -> None:
    start = SUBMIT - timedelta(milliseconds=milliseconds)
    run = attempt(start=start.isoformat(), complete="2021-04-27 12:00:00")
    assert run["started_at"] == start


def test_times_that_run_backwards_by_more_than_clock_skew_are_refused() -> None:
    error = refusal(start=(SUBMIT - timedelta(milliseconds=300_001)).isoformat(), complete="2021-04-27 12:00:00")
    assert "start is before submit" in error


def times(submit: str, start: str, complete: str) -> dict[str, str]:
    return {"submit": submit, "start": start, "complete": complete}


BERLIN_BACK = datetime(2023, 10, 29, tzinfo=UTC)
NEW_YORK_BACK = datetime(2024, 11, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "columns", "started", "completed"),
    [
        # The order says it: a start at 02:05 after a submission at 02:50 is in the second pass.
        (
            "Europe/Berlin",
            {
                "submit": "2023-10-29 02:50",
                "start": "2023-10-29 02:05",
                "complete": "2023-10-29 02:30",
                "duration": "40m",
            },
            BERLIN_BACK + timedelta(hours=1, minutes=5),
            BERLIN_BACK + timedelta(hours=1, minutes=30),
        ),
        # The duration says it.
        (
            "Europe/Berlin",
            {
                "submit": "2023-10-29 01:50",
                "start": "2023-10-29 01:55",
                "complete": "2023-10-29 02:10",
                "duration": "1h 20m",
            },
            BERLIN_BACK - timedelta(minutes=5),
            BERLIN_BACK + timedelta(hours=1, minutes=10),
        ),
        # Only realtime says it.
        (
            "America/New_York",
            {
                "submit": "2024-11-03 00:50",
                "start": "2024-11-03 01:10",
                "complete": "2024-11-03 01:20",
                "realtime": "1h 9m 50s",
            },
            NEW_YORK_BACK + timedelta(hours=5, minutes=10),
            NEW_YORK_BACK + timedelta(hours=6, minutes=20),
        ),
        # Nothing says it: the first pass.
        (
            "America/New_York",
            times("2024-11-03 00:50", "2024-11-03 01:10", "2024-11-03 01:20"),
            NEW_YORK_BACK + timedelta(hours=5, minutes=10),
            NEW_YORK_BACK + timedelta(hours=5, minutes=20),
        ),
        # The hour that a clock leaves out is no repeated one, and a time with an offset means what it says.
        (
            "Europe/Berlin",
            times("2023-10-29 01:50", "2023-10-29T02:05+02:00", "2023-10-29T02:30+01:00"),
            BERLIN_BACK + timedelta(minutes=5),
            BERLIN_BACK + timedelta(hours=1, minutes=30),
        ),
    ],
)
def test_in_the_hour_that_a_clock_repeats_the_reading_that_fits_the_row_is_taken(
    zone: str, columns: dict[str, str], started: datetime, completed: datetime
) -> None:
    task, run = trace(zone=zone, **columns).facts
    assert (run["started_at"], run["ended_at"]) == (started, completed)
    assert "unread" not in task


@pytest.mark.parametrize(
    "lines",
    [
        ["native_id,name,status,submit", f'{BATCH_ID},"A:B (x, y)",COMPLETED,{HUMAN}'],
        ["native_id;name;status;submit", f"{BATCH_ID};A:B (x, y);COMPLETED;{HUMAN}"],
        ['"native_id"\t"name"\t"status"\t"submit"', f'"{BATCH_ID}"\t"A:B (x, y)"\t"COMPLETED"\t"{HUMAN}"'],
        ["native_id\tname\tstatus\tsubmit", f"{BATCH_ID}\tA:B (x, y)\tCOMPLETED\t{HUMAN}"],
    ],
)
def test_columns_are_separated_by_tab_comma_or_semicolon_and_may_be_quoted(lines: list[str]) -> None:
    [entry] = read("\n".join(lines))
    assert isinstance(entry, Entry)
    assert (entry.facts[0]["name"], entry.facts[0]["submitted_at"]) == ("A:B (x, y)", SUBMIT)


def test_a_quote_in_a_trace_of_tabs_is_a_letter_like_any_other() -> None:
    [entry] = read(f'native_id\tname\tstatus\tsubmit\n{BATCH_ID}\t"unfinished (x)\tCOMPLETED\t{HUMAN}\n')
    assert isinstance(entry, Entry)
    assert entry.facts[0]["name"] == '"unfinished (x)'


def test_the_last_line_of_a_truncated_trace_is_kept_aside_with_file_line_and_reason(shared_data: Path) -> None:
    text = (shared_data / "nextflow" / "openproblems__25597226.execution_trace.txt").read_text()
    *entries, last = read(text[:-150])
    assert len(entries) == 216
    assert all(isinstance(entry, Entry) for entry in entries)
    assert isinstance(last, Rejection)
    assert (last.file, last.index, last.door) == ("trace.txt", 218, "nextflow")
    assert "columns" in last.error
    assert last.options["header"].startswith("task_id\thash\tnative_id")


def test_traces_appended_to_each_other_are_read_each_under_its_own_header() -> None:
    text = (
        f"native_id\tstatus\tsubmit\n{BATCH_ID}\tCOMPLETED\t{HUMAN}\nstatus\thash\tsubmit\nFAILED\tab/cdef01\t{HUMAN}\n"
    )
    jobs = [entry.facts[0]["job_id"] for entry in read(text) if isinstance(entry, Entry)]
    assert jobs == [BATCH_ID, "nextflow-abcdef01"]


@pytest.mark.parametrize("text", ["", f"1\tf6/8e9c39\t{BATCH_ID}\tCOMPLETED\n", "just words\n"])
def test_a_file_without_a_header_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="header"):
        read(text)
