"""The hour that EC2 does not charge: on its own word, per instance, and measured from launch to termination."""

from typing import Any

import pytest

from mmbatch_dash.domain.choices import SourceKind
from mmbatch_dash.domain.facts import ATTEMPT_REPORTED, INSTANCE_REPORTED, Entry
from tests.reference.readings import Reader, native, said
from tests.reference.worked_example import at, event, job, start

LAUNCHED = event("node.registered", "00:00", node_id="n-1", instance_id="i-1", instance_launched_at=at("00:00"))


def notice(clock: str) -> dict[str, Any]:
    return event("instance.reclaim_notice", clock, instance_id="i-1", kind="interruption")


def terminated(clock: str) -> Entry:
    return said(INSTANCE_REPORTED, clock, instance_id="i-1", instance_terminated_at=clock)


def interrupted(clock: str, reason: str = "reclaimed") -> dict[str, Any]:
    return job("job.interrupted", clock, 1, reason=reason)


def source(read: Reader, entries: list[Entry], **settings: Any) -> str | None:
    return read(entries, **settings)["job-1"].attempts[0].source


def test_a_reclaim_within_an_hour_of_launch_is_free_for_every_attempt_on_that_instance(read: Reader) -> None:
    other = event("job.started", "00:05", job_id="job-2", attempt=1, instance_id="i-1", purchase_option="spot")
    unknown = event("job.started", "00:05", job_id="job-3", attempt=1, instance_id="i-1", usd_per_hour=0.4)
    on_demand = event(
        "job.started",
        "00:05",
        job_id="job-4",
        attempt=1,
        instance_id="i-1",
        purchase_option="on-demand",
        usd_per_hour=1.0,
    )
    ends = [event("job.succeeded", "00:25", job_id=f"job-{number}", attempt=1) for number in (2, 3, 4)]
    entries = native([LAUNCHED, start("00:10", 1), interrupted("00:59"), other, unknown, on_demand, *ends])
    costs = {job_id: seen.figures["cost_usd"] for job_id, seen in read(entries).items()}
    assert costs == {"job-1": 0, "job-2": 0, "job-3": 0, "job-4": pytest.approx(20 / 60)}
    charged = read(entries, free_first_hour=False)
    assert charged["job-1"].figures["cost_usd"] == pytest.approx(49 / 60 * 0.40)


def test_only_ec2s_own_word_frees_an_hour(read: Reader) -> None:
    text = "Host EC2 (instance i-1) terminated."
    told = {"attempt": 1, "ended_at": "00:31", "end_reason": "failed", "reason": text}
    by_aws = said(ATTEMPT_REPORTED, "00:31", **told)
    scale_in = [*native([LAUNCHED, start("00:01", 1)]), by_aws]
    assert read(scale_in)["job-1"].reasons == ["reclaimed"]
    assert source(read, scale_in) == "reported"
    assert source(read, [*scale_in, terminated("00:32")]) == "reported"
    assert source(read, [*scale_in, *native([notice("00:29")])]) == "free_hour"


def test_the_engines_own_word_counts_where_an_earlier_end_names_another_reason(read: Reader) -> None:
    failed = said(ATTEMPT_REPORTED, "00:50", attempt=1, ended_at="00:50", end_reason="failed")
    entries = [*native([LAUNCHED, start("00:10", 1), interrupted("01:10")]), failed]
    assert read(entries)["job-1"].reasons == ["failed"]
    assert source(read, entries) == "free_hour"


def test_the_termination_of_the_instance_is_the_reclaim_and_the_earliest_word_of_it_counts(read: Reader) -> None:
    told = native([LAUNCHED, start("00:10", 1), interrupted("00:50")])
    assert source(read, [*told, terminated("01:00")]) == "reported"
    assert source(read, [*told, terminated("01:01"), terminated("00:59:59")]) == "free_hour"


def test_a_stopped_node_is_no_termination(read: Reader) -> None:
    stopped = event("node.stopped", "00:20", node_id="n-1", instance_id="i-1")
    assert source(read, native([LAUNCHED, start("00:10", 1), interrupted("01:05"), stopped])) == "reported"


def test_of_several_reclaimed_attempts_the_latest_end_is_the_reclaim(read: Reader) -> None:
    first = [LAUNCHED, start("00:10", 1), interrupted("00:50")]
    later = [
        event("job.started", "00:55", job_id="job-2", attempt=1, instance_id="i-1", purchase_option="spot"),
        event("job.interrupted", "01:05", job_id="job-2", attempt=1, reason="reclaimed"),
    ]
    assert source(read, native(first)) == "free_hour"
    assert source(read, native([*first, *later])) == "reported"


def test_a_warning_alone_is_the_reclaim_two_minutes_on_unless_an_attempt_lived_longer(read: Reader) -> None:
    ended = [LAUNCHED, start("00:10", 1), job("job.succeeded", "00:50", 1)]
    assert source(read, native([*ended, notice("00:57")])) == "free_hour"
    assert source(read, native([*ended, notice("00:58")])) == "reported"
    assert source(read, native([*ended, notice("00:48")])) == "free_hour"
    assert source(read, native([*ended, notice("00:47")])) == "reported"


def test_an_instance_is_spot_where_a_warning_says_so(read: Reader) -> None:
    unknown = [LAUNCHED, start("00:10", 1, purchase_option=None), interrupted("00:50")]
    assert source(read, native(unknown)) == "reported"
    assert source(read, native([*unknown, notice("00:48")])) == "free_hour"


def test_an_unknown_launch_frees_nothing(read: Reader) -> None:
    assert source(read, native([start("00:10", 1), interrupted("00:50")])) == "reported"
    by_attempt = start("00:10", 1, instance_launched_at=at("00:05"))
    assert source(read, native([by_attempt, interrupted("00:50")])) == "free_hour"


def test_saved_cost_is_at_the_rate_before_a_free_hour(read: Reader) -> None:
    events = [
        start("00:00", 1, instance_id="i-0"),
        job("checkpoint.succeeded", "00:31", 1, checkpoint_id="c", taken_at=at("00:30"), duration_seconds=60),
        interrupted("00:40"),
        event("node.registered", "01:00", node_id="n-1", instance_id="i-1", instance_launched_at=at("01:00")),
        start("01:00", 2, instance_id="i-1"),
        job("restore.succeeded", "01:05", 2, checkpoint_id="c", duration_seconds=300),
        job("job.interrupted", "01:30", 2, reason="reclaimed"),
    ]
    seen = read(native(events))["job-1"]
    assert seen.attempts[1].paid == 0
    assert seen.figures["saved_cost_usd"] == pytest.approx(0.5 * 0.40)
    assert seen.figures["cost_usd"] == pytest.approx(40 / 60 * 0.40)


def test_an_import_that_knows_of_a_reclaim_and_not_when_leaves_the_time_to_the_warning(read: Reader) -> None:
    untimed = said("mmbatch.job.interrupted", "00:50", SourceKind.TRACE, attempt=1, end_reason="reclaimed")
    told = native([LAUNCHED, start("00:10", 1), start("00:50", 2, instance_id="i-2"), notice("00:30")])
    assert source(read, [*told, untimed]) == "free_hour"
