"""A synchronisation with AWS: every kind of job arrives, a second run adds nothing, and costs are right to the cent."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from mmbatch_dash.adapters.eventbridge import read_envelope
from mmbatch_dash.domain.instants import to_iso
from mmbatch_dash.services import Services
from mmbatch_dash.services.aws import AwsSync
from tests.aws.conftest import Clock
from tests.aws.scripted import ScriptedAws
from tests.aws.small_world import JOBS, NOON, QUEUE, build_aws, ms

Build = Callable[[ScriptedAws], AwsSync]
Rows = Callable[[str], list[tuple[Any, ...]]]


def test_jobs_in_every_state_an_array_and_a_multi_node_job_arrive_once(build_sync: Build, rows: Rows) -> None:
    state = build_sync(build_aws()).run_once()
    assert state.accounts["default"].errors == {}
    found = {
        job_id: (status, is_parent) for job_id, status, is_parent in rows("SELECT job_id, status, is_parent FROM jobs")
    }
    assert found == {one["jobId"]: (one["status"], one["jobId"] in ("array", "nodes")) for one in JOBS}
    parents = rows("SELECT job_id, parent_id FROM jobs WHERE parent_id IS NOT NULL ORDER BY ALL")
    assert parents == [("array:0", "array"), ("array:1", "array"), ("nodes#0", "nodes"), ("nodes#1", "nodes")]


def journal_lines(services: Services) -> list[dict[str, Any]]:
    folder = services.settings.data_dir / "journal"
    return [json.loads(line) for file in sorted(folder.glob("*.ndjson")) for line in file.read_bytes().splitlines()]


def test_a_second_run_adds_nothing_and_asks_only_for_what_may_have_changed(
    build_sync: Build, services: Services, clock: Clock
) -> None:
    aws = build_aws()
    sync = build_sync(aws)
    sync.run_once()
    known, asked_before = journal_lines(services), len(aws.calls)
    clock.pass_by(minutes=5)
    counts = sync.run_once().accounts["default"].counts
    assert sum(counts.values()) == 0
    # All that a run without news writes is which jobs it saw open, and when.
    [seen] = [line for line in journal_lines(services) if line not in known]
    assert (seen["type"], seen["source"]) == ("mmbatch.sync.seen", "mmbatch.sync/default")
    assert seen["facts"][0]["job_ids"] == ["nodes#0", "nodes#1", "queued", "running"]
    second = aws.calls[asked_before:]
    described = {job_id for name, asked in second if name == "DescribeJobs" for job_id in asked["jobs"]}
    assert described == {"queued", "running", "nodes", "nodes#0", "nodes#1"}
    assert {name for name, _ in second} & {"DescribeSpotPriceHistory", "GetProducts", "DescribeInstances"} == set()


def test_a_reclaimed_attempt_followed_by_a_success_is_a_reclaim_and_costs_what_the_market_asked(
    build_sync: Build, rows: Rows
) -> None:
    build_sync(build_aws()).run_once()
    attempts = rows(
        "SELECT attempt, end_reason, instance_id, instance_type, availability_zone, purchase_option, rate_source "
        "FROM attempts WHERE job_id = 'reclaimed-once' ORDER BY attempt"
    )
    where = ("zz1.2xlarge", "us-east-1a", "spot", "spot_history")
    assert attempts == [
        (1, "reclaimed", "i-0aaaaaaaaaaaaaaa1", *where),
        (2, "completed", "i-0aaaaaaaaaaaaaaa2", *where),
    ]
    # 09:00 to 09:15 at 0.10, to 09:30 at 0.20; 10:00 to 10:30 at 0.20, to 11:15 at 0.24, to 11:30 at 0.30
    first = 0.25 * 0.10 + 0.25 * 0.20
    second = 0.5 * 0.20 + 0.75 * 0.24 + 0.25 * 0.30
    [(cost, savings)] = rows("SELECT cost_usd, on_demand_savings_usd FROM jobs WHERE job_id = 'reclaimed-once'")
    assert cost == pytest.approx(first + second, abs=1e-9)
    assert savings == pytest.approx(2.0 * 1.00 - (first + second), abs=1e-9)


def test_prices_are_asked_for_exactly_the_type_zone_and_time_of_attempts(build_sync: Build) -> None:
    aws = build_aws()
    build_sync(aws).run_once()
    [asked, *_] = [asked for name, asked in aws.calls if name == "DescribeSpotPriceHistory"]
    assert (asked["InstanceTypes"], asked["AvailabilityZone"]) == (["zz1.2xlarge"], "us-east-1a")
    assert asked["ProductDescriptions"] == ["Linux/UNIX"]
    assert asked["StartTime"] == datetime.fromtimestamp(ms("09:00") / 1000, UTC)
    assert asked["EndTime"] == NOON  # a job is still running
    [products] = [asked for name, asked in aws.calls if name == "GetProducts"]
    filters = {one["Field"]: one["Value"] for one in products["Filters"]}
    assert (filters["instanceType"], filters["regionCode"], filters["tenancy"]) == (
        "zz1.2xlarge",
        "us-east-1",
        "Shared",
    )


def test_later_runs_fetch_only_the_history_since_the_last(build_sync: Build, clock: Clock) -> None:
    aws = build_aws()
    sync = build_sync(aws)
    sync.run_once()
    clock.pass_by(hours=1)
    sync.run_once()
    starts = [
        asked["StartTime"]
        for name, asked in aws.calls
        if name == "DescribeSpotPriceHistory" and "NextToken" not in asked
    ]
    assert starts == [datetime.fromtimestamp(ms("09:00") / 1000, UTC), NOON]


def test_a_job_seen_by_eventbridge_and_by_the_synchronisation_is_one_job(
    build_sync: Build, services: Services, rows: Rows
) -> None:
    detail = next(one for one in JOBS if one["jobId"] == "failed")
    envelope = {
        "id": "e-1",
        "detail-type": "Batch Job State Change",
        "source": "aws.batch",
        "account": "123456789012",
        "region": "us-east-1",
        "time": to_iso(NOON),
        "resources": [],
        "detail": detail,
    }
    services.intake.take([read_envelope(envelope)])
    services.fold.fold_all()
    build_sync(build_aws()).run_once()
    assert rows("SELECT count(*), any_value(queue) FROM jobs WHERE job_id = 'failed'") == [(1, QUEUE.rsplit("/", 1)[1])]
    assert rows("SELECT count(*) FROM attempts WHERE job_id = 'failed'") == [(1,)]


def test_what_aws_forgets_is_kept(build_sync: Build, rows: Rows) -> None:
    aws = build_aws()
    sync = build_sync(aws)
    sync.run_once()
    aws.answers["ListJobs"] = lambda asked: {"jobSummaryList": []}
    aws.answers["DescribeJobs"] = lambda asked: {"jobs": []}
    assert sync.run_once().accounts["default"].errors == {}
    assert rows("SELECT count(*) FROM jobs") == [(len(JOBS),)]
