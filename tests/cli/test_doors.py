"""Small files of the real world that once failed: what each gives when it is imported."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from mmbatch_dash.domain.selection import Selection
from mmbatch_dash.services import Services, open_services
from mmbatch_dash.services.importing import import_file
from mmbatch_dash.services.intake import Receipt
from mmbatch_dash.settings import build_settings


@pytest.fixture
def doors(shared_data: Path) -> Path:
    return shared_data / "doors"


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    opened = open_services(build_settings(tmp_path, environ={}), start_folding=False)
    yield opened
    opened.close()


def take(services: Services, *files: Path, zone: str = "UTC") -> list[tuple[int, int, int]]:
    """(new, known already, kept aside) of each file."""
    receipts = [import_file(services.intake, file, format_name=None, zone=ZoneInfo(zone)) for file in files]
    services.fold.fold_all()
    services.worker.bump()
    return [counts(receipt) for receipt in receipts]


def counts(receipt: Receipt) -> tuple[int, int, int]:
    return receipt.accepted, receipt.duplicates, len(receipt.rejected)


def rows(services: Services, sql: str) -> list[tuple[Any, ...]]:
    with services.database.cursor() as cursor:
        return cursor.execute(sql).fetchall()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("lines-with-several-events/events.json", (3, 0, 0)),
        ("quoted-csv-guess/quoted.csv", (1, 0, 0)),
        ("quoted-csv-guess/od_quoted.csv", (1, 0, 0)),
        ("trace-separator/sep_csv.csv", (1, 0, 0)),
        ("utf16/utf16.json", (1, 0, 0)),
        ("trace-clock-skew/neg.txt", (3, 0, 0)),
        ("trace-clock-skew/batch_same_skew_accepted.json", (4, 0, 1)),
        ("optional-field-refuses-job/mem.txt", (7, 0, 0)),
        ("optional-field-refuses-job/locale.txt", (2, 0, 0)),
        ("optional-field-refuses-job/zero.json", (4, 0, 0)),
        ("conflict-line/conf.ndjson", (2, 1, 0)),
    ],
)
def test_every_line_that_says_something_enters(
    services: Services, doors: Path, name: str, expected: tuple[int, int, int]
) -> None:
    assert take(services, doors / name) == [expected]


def test_a_replayed_event_is_known_already(services: Services, doors: Path) -> None:
    assert take(services, doors / "replay" / "rep1.json", doors / "replay" / "rep2.json") == [(1, 0, 0), (0, 1, 0)]


def test_in_the_hour_that_a_clock_repeats_durations_and_order_decide(services: Services, doors: Path) -> None:
    assert take(services, doors / "trace-dst-fold" / "dst.txt", zone="Europe/Berlin") == [(2, 0, 0)]
    assert rows(services, "SELECT runtime_seconds, cpu_hours FROM jobs ORDER BY job_id") == [
        (1500.0, pytest.approx(25 / 60 * 4)),
        (4500.0, 5.0),
    ]


@pytest.mark.parametrize("order", [("job2.json", "trace.txt"), ("trace.txt", "job2.json"), ("job.json", "trace.txt")])
def test_the_host_of_a_trace_is_that_of_the_last_attempt(
    services: Services, doors: Path, order: tuple[str, str]
) -> None:
    folder = doors / "trace-last-host-on-first-attempt"
    take(services, *(folder / name for name in order))
    first, second = rows(services, "SELECT instance_id, exit_code FROM attempts ORDER BY attempt")
    assert second == ("i-0bbbbbbbbbbbbbbb2", 0)
    assert first == (("i-0aaaaaaaaaaaaaaa1", None) if "job.json" in order else (None, 1))


@pytest.mark.parametrize("name", ["start_retry.json", "events.ndjson"])
def test_an_attempt_that_never_started_adds_nothing(services: Services, doors: Path, name: str) -> None:
    take(services, doors / "never-started-attempt" / name)
    assert rows(services, "SELECT runtime_seconds, cpu_hours, instance_hours FROM jobs") == [(3600.0, 4.0, 1.0)]
    reasons = rows(services, "SELECT end_reason FROM attempts ORDER BY attempt")
    assert reasons == [("not_started",), ("completed",)]


def test_what_could_not_be_read_is_unknown_and_flagged_on_the_job(services: Services, doors: Path) -> None:
    take(services, doors / "optional-field-refuses-job" / "mem.txt", doors / "optional-field-refuses-job" / "zero.json")
    job = services.jobs.detail("11111111-2222-3333-4444-000000000003").job
    assert (job["flags"], job["memory_mib"], job["vcpus"]) == (["unread:memory"], None, 4.0)
    job = services.jobs.detail("11111111-2222-3333-4444-000000000004").job
    assert (job["flags"], job["vcpus"]) == (["unread:cpus"], None)
    job = services.jobs.detail("22222222-0000-0000-0000-000000000002").job
    assert job["vcpus"] is None
    assert set(job["flags"]) == {"unread:container.vcpus", "unread:container.memory"}


@pytest.mark.parametrize("files", [("running_old.txt",), ("ro.ndjson", "running_old2.txt")])
def test_a_trace_of_the_past_counts_nothing_as_running_now(
    services: Services, doors: Path, files: tuple[str, ...]
) -> None:
    take(services, *(doors / "stale-running" / name for name in files))
    running = services.reports.summary(Selection()).as_dict()["running"]
    assert (running["jobs"], running["stale_jobs"], running["cpu_hours"]) == (0, 1, None)


def test_the_region_of_real_answers_is_that_of_their_arns(services: Services, shared_data: Path) -> None:
    take(services, shared_data / "batch_api" / "boto3_describe_array_children_2025.json")
    assert rows(services, "SELECT DISTINCT region FROM attempts") == [("eu-central-1",)]


def test_a_real_host_that_terminated_is_a_reclaim_and_the_attempt_after_it_succeeds(
    services: Services, shared_data: Path
) -> None:
    take(services, shared_data / "batch_api" / "made_two_attempts_host_terminated.json")
    assert rows(services, "SELECT end_reason, run_seconds, region FROM attempts ORDER BY attempt") == [
        ("reclaimed", pytest.approx(74.162), "us-west-2"),
        ("completed", 3600.0, "us-west-2"),
    ]
    assert rows(services, "SELECT started_at FROM jobs") == [(datetime(2025, 12, 6, 17, 3, 16, 993000),)]  # noqa: DTZ001


@pytest.mark.parametrize("name", ["jobs.json", "native.ndjson"])
def test_jobs_that_never_started_lower_no_coverage(services: Services, doors: Path, name: str) -> None:
    take(services, doors / "cancelled-before-start" / name)
    figures = services.reports.summary(Selection()).as_dict()["figures"]
    assert (figures["cpu_hours"]["value"], figures["cpu_hours"]["coverage"]) == (2.0, 1.0)


@pytest.mark.parametrize(("name", "usd"), [("free_False.ndjson", 0.04 * 1800 / 3600), ("free_True.ndjson", 0.0)])
def test_an_hour_is_free_only_where_ec2_gave_notice(services: Services, doors: Path, name: str, usd: float) -> None:
    take(services, doors / "free-hour-without-notice" / name)
    [(cost,)] = rows(services, "SELECT cost_usd FROM jobs")
    assert cost == pytest.approx(usd)
