"""How an attempt ends: by its own word, its job's, its instance's, a warning, and whose word gives the reason."""

from collections.abc import Iterable
from typing import Any

import pytest

from mmbatch_dash.domain.choices import SourceKind
from mmbatch_dash.domain.facts import ATTEMPT_REPORTED, INSTANCE_REPORTED, JOB_REPORTED, LATEST_REPORTED, Entry
from tests.reference.readings import Reader, SeenJob, clock, native, said
from tests.reference.worked_example import event, job, start


def notice(at: str, kind: str = "interruption") -> dict[str, Any]:
    return event("instance.reclaim_notice", at, instance_id="i-1", kind=kind)


def gone(at: str, **more: Any) -> Entry:
    return said(INSTANCE_REPORTED, at, **{"instance_id": "i-1", "instance_gone_at": at, **more})


def terminated(at: str) -> Entry:
    return said(INSTANCE_REPORTED, at, instance_id="i-1", instance_terminated_at=at)


def failed_by_aws(at: str, attempt: int = 1, **more: Any) -> Entry:
    return said(ATTEMPT_REPORTED, at, attempt=attempt, ended_at=at, end_reason="failed", **more)


def first(read: Reader, entries: Iterable[Entry]) -> tuple[str | None, object]:
    attempt = read(entries)["job-1"].attempts[0]
    return attempt.end_reason, attempt.ended_at


def test_an_open_attempt_on_an_instance_that_went_is_lost_with_it(read: Reader) -> None:
    seen = read([*native([start("00:00", 1)]), terminated("01:00")])["job-1"]
    assert (seen.reasons, seen.attempts[0].ended_at, seen.status) == (["host_lost"], clock("01:00"), "RUNNABLE")
    assert seen.figures["instance_hours"] == 1


def test_a_warning_ten_minutes_before_makes_the_lost_one_reclaimed(read: Reader) -> None:
    assert first(read, [*native([start("00:00", 1), notice("00:50")]), terminated("01:00")])[0] == "reclaimed"
    assert first(read, [*native([start("00:00", 1), notice("00:49")]), terminated("01:00")])[0] == "host_lost"


def test_what_its_own_job_or_engine_says_comes_before_the_end_of_the_instance(read: Reader) -> None:
    by_job = [*native([start("00:00", 1), job("job.succeeded", "01:10")]), terminated("01:00")]
    assert first(read, by_job) == ("completed", clock("01:10"))
    by_aws = [
        *native([start("00:00", 1)]),
        terminated("00:55"),
        said(JOB_REPORTED, "01:00", status="FAILED", completed_at="01:00"),
    ]
    assert first(read, by_aws) == ("failed", clock("01:00"))


def test_only_what_befell_the_instance_at_or_after_the_start_ends_an_attempt(read: Reader) -> None:
    assert first(read, [*native([start("01:00", 1)]), gone("00:59")])[0] == "running"
    assert first(read, [*native([start("01:00", 1)]), gone("00:59"), gone("01:00")]) == ("host_lost", clock("01:00"))


def test_an_attempt_of_unknown_start_ends_with_the_first_known_end_of_its_instance(read: Reader) -> None:
    unseen = said(ATTEMPT_REPORTED, "00:30", attempt=1, instance_id="i-1")
    assert first(read, [unseen, gone("02:00"), terminated("01:00")]) == ("host_lost", clock("01:00"))


def test_an_attempt_that_another_follows_ended_with_its_instance_or_at_an_unknown_time(read: Reader) -> None:
    two = native([start("00:00", 1), start("01:00", 2)])
    assert first(read, [*two, gone("00:50")]) == ("host_lost", clock("00:50"))
    assert first(read, [*two, gone("01:00")]) == (None, None)
    assert first(read, two) == (None, None)


def test_a_warning_alone_ends_an_attempt_that_another_follows_two_minutes_later(read: Reader) -> None:
    two = [start("00:00", 1), start("01:00", 2), notice("00:30"), notice("00:40")]
    assert first(read, native(two)) == ("reclaimed", clock("00:32"))
    close = [start("00:00", 1), start("01:00", 2), notice("00:59")]
    assert first(read, native(close)) == ("reclaimed", clock("01:00"))
    assert first(read, [*native(two), gone("02:00")]) == (None, None)
    rebalance = [start("00:00", 1), start("01:00", 2), notice("00:30", "rebalance")]
    assert first(read, native(rebalance)) == (None, None)


def test_ecs_says_of_a_container_instance_that_it_is_gone(read: Reader) -> None:
    placed = said(ATTEMPT_REPORTED, "00:10", attempt=1, started_at="00:00", container_instance_arn="arn:c/1")
    inactive = said(INSTANCE_REPORTED, "00:40", container_instance_arn="arn:c/1", instance_gone_at="00:40")
    assert first(read, [placed, inactive]) == ("host_lost", clock("00:40"))


def test_a_node_that_stops_takes_its_attempt_along_and_one_that_registers_again_does_not(read: Reader) -> None:
    stopped = event("node.stopped", "00:40", node_id="n-1")
    by_node = start("00:00", 1, instance_id=None, node_id="n-1")
    assert first(read, native([by_node, stopped])) == ("host_lost", clock("00:40"))
    known = event("node.registered", "00:00", node_id="n-1", instance_id="i-1")
    assert first(read, native([start("00:00", 1), known, stopped])) == ("host_lost", clock("00:40"))
    again = event("node.registered", "00:45", node_id="n-1")
    assert first(read, native([by_node, stopped, again]))[0] == "running"


@pytest.mark.parametrize("reason", ["reclaimed", "host_lost"])
def test_a_failure_that_aws_tells_gives_way_to_the_engine_within_five_minutes(read: Reader, reason: str) -> None:
    def both(minute: str) -> list[Entry]:
        return [failed_by_aws("01:00"), *native([start("00:00", 1), job("job.interrupted", minute, 1, reason=reason)])]

    assert first(read, both("01:05")) == (reason, clock("01:00"))
    assert first(read, both("01:05:01")) == ("failed", clock("01:00"))


def test_a_failure_that_an_import_tells_gives_way_and_one_of_the_engine_itself_does_not(read: Reader) -> None:
    reclaimed = native([start("00:00", 1), job("job.interrupted", "01:02", 1, reason="reclaimed")])
    traced = said(LATEST_REPORTED, "01:00", SourceKind.TRACE, ended_at="01:00", end_reason="failed", exit_code=1)
    assert first(read, [*reclaimed, traced]) == ("reclaimed", clock("01:00"))
    by_engine = native([job("job.interrupted", "01:00", 1, reason="failed")])
    assert first(read, [*reclaimed, *by_engine]) == ("failed", clock("01:00"))


def test_a_host_that_aws_batch_terminated_is_a_reclaim_unless_it_was_on_demand(read: Reader) -> None:
    ended = failed_by_aws("00:10", reason="Host EC2 (instance i-1) terminated.")
    assert first(read, [*native([start("00:00", 1, purchase_option=None)]), ended])[0] == "reclaimed"
    assert first(read, [*native([start("00:00", 1, purchase_option="on-demand")]), ended])[0] == "failed"


def test_a_source_may_know_that_an_attempt_was_reclaimed_and_not_when(read: Reader) -> None:
    untimed = said("mmbatch.job.interrupted", "01:00", SourceKind.TRACE, attempt=1, end_reason="reclaimed")
    seen: SeenJob = read([*native([start("00:00", 1), start("01:00", 2)]), untimed])["job-1"]
    assert (seen.reasons, seen.attempts[0].ended_at) == (["reclaimed", "running"], None)
    assert seen.figures["instance_hours"] is None


def test_what_a_trace_says_is_about_the_latest_attempt(read: Reader) -> None:
    aws = [
        said(ATTEMPT_REPORTED, "02:00", attempt=1, started_at="00:00", ended_at="01:00", end_reason="failed"),
        said(ATTEMPT_REPORTED, "02:00", attempt=2, started_at="01:10", ended_at="02:00", end_reason="completed"),
    ]
    told = {"started_at": "00:00", "ended_at": "02:01", "end_reason": "completed", "exit_code": 0}
    trace = said(LATEST_REPORTED, "02:01", SourceKind.TRACE, instance_id="i-2", **told)
    seen = read([*aws, trace])["job-1"]
    assert [(one.instance_id, one.exit_code) for one in seen.attempts] == [(None, None), ("i-2", 0)]
    assert (seen.attempts[1].started_at, seen.attempts[1].ended_at) == (clock("01:10"), clock("02:00"))
    alone = read([trace])["job-1"]
    assert [(one.instance_id, one.started_at) for one in alone.attempts] == [("i-2", clock("00:00"))]
