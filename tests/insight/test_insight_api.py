"""`GET /api/v1/insight` over small worlds, each a queue of its own, whose answer can be reckoned by hand."""

from collections.abc import Callable
from typing import Any

import pytest

from mmbatch_dash.api.models.insight import Insight
from tests.api.conftest import NOW, Server, event

SPOT = {"instance_type": "m5.2xlarge", "availability_zone": "us-east-1a", "purchase_option": "spot"}
NOW_MINUTES = 30.5 * 60
"""From noon of the first of March, where minute 0 is, to the time that tests stand at."""


def placed(
    queue: str, job: str, instance: str, begins: float, ends: float | None, *, how: str = "succeeded", **more: Any
) -> list[dict[str, Any]]:
    """A job of one attempt, minutes after noon; `how` is succeeded or reclaimed."""
    job, instance = f"{queue}-{job}", f"i-{queue}-{instance}"
    told = {"queue": queue, "vcpus": 8, **SPOT, "usd_per_hour": 0.4, **more}
    started = {name: value for name, value in told.items() if value is not None}
    events = [event("job.started", begins, job_id=job, attempt=1, instance_id=instance, **started)]
    if ends is None:
        return events
    if how == "reclaimed":
        events.append(event("job.interrupted", ends, job_id=job, attempt=1, reason="reclaimed", instance_id=instance))
    return [*events, event("job.failed" if how == "reclaimed" else "job.succeeded", ends, job_id=job, attempt=1)]


WORLDS: list[Callable[[], list[Any]]] = []


def sent_once(world: Callable[[], list[Any]]) -> Callable[[], list[Any]]:
    """Adds what one queue tells to what the server of this module is sent, once and all together."""
    WORLDS.append(world)
    return world


@pytest.fixture(scope="module", autouse=True)
def sent(server: Server) -> None:
    """The server knows the queues of all tests."""
    server.send([event for world in WORLDS for event in world()])


def row(server: Server, queue: str, by: str = "queue") -> dict[str, Any]:
    """The one row of the jobs of a queue."""
    [found] = server.get("/api/v1/insight", queue=queue, by=by)["rows"]
    return dict(found)


@sent_once
def tell_shared() -> list[Any]:
    return [
        *placed("shared", "a", "1", 0, 60, how="reclaimed"),
        *placed("shared", "b", "1", 30, 60, how="reclaimed"),
        *placed("shared", "c", "2", 0, 60),
    ]


def test_jobs_that_share_an_instance_use_it_once_and_lose_it_once(server: Server) -> None:
    found = row(server, "shared")
    assert (found["exposure_hours"], found["reclaims"]) == (pytest.approx(2.0), 1)
    assert found["reclaim_rate_per_hour"]["value"] == pytest.approx(0.5)


@sent_once
def tell_open() -> list[Any]:
    return placed("open", "a", "1", NOW_MINUTES - 120, None) + placed("open", "old", "2", -20 * 24 * 60, None)


def test_what_runs_is_in_use_up_to_now_and_one_not_heard_of_for_a_week_is_not(server: Server) -> None:
    assert row(server, "open")["exposure_hours"] == pytest.approx(2.0)


@sent_once
def tell_warned() -> list[Any]:
    warning = {
        "version": "0",
        "id": "warned",
        "detail-type": "EC2 Spot Instance Interruption Warning",
        "source": "aws.ec2",
        "account": "111122223333",
        "time": "2026-03-01T12:58:00Z",
        "region": "us-east-1",
        "resources": ["arn:aws:ec2:us-east-1a:instance/i-warned-1"],
        "detail": {"instance-id": "i-warned-1", "instance-action": "terminate"},
    }
    events = [
        *placed("warned", "heard", "1", 0, 60, how="reclaimed", purchase_option=None),
        *placed("warned", "told", "2", 0, 60, how="reclaimed"),
    ]
    return [*events, warning]


def test_an_option_known_by_a_warning_alone_makes_no_rate(server: Server) -> None:
    assert server.get("/api/v1/jobs/warned-heard")["purchase_option"] == "spot"
    found = row(server, "warned")
    assert (found["exposure_hours"], found["reclaims"]) == (pytest.approx(1.0), 1)


@sent_once
def tell_noticed() -> list[Any]:
    events: list[Any] = []
    for number, finished in enumerate((59.5, 61.0)):
        events += placed("noticed", f"{number}", f"{number}", 0, 60, how="reclaimed")
        events.append(
            event("instance.reclaim_notice", 58, instance_id=f"i-noticed-{number}", kind="interruption"),
        )
        named = {"job_id": f"noticed-{number}", "attempt": 1, "checkpoint_id": f"n{number}"}
        events.append(event("checkpoint.started", 58.5, **named))
        events.append(event("checkpoint.succeeded", finished, **named, duration_seconds=60))
    return events


def test_a_checkpoint_after_the_notice_that_succeeds_in_time_counts_and_a_late_one_does_not(server: Server) -> None:
    found = row(server, "noticed")["notice_success"]
    assert (found["value"], found["count"]) == (0.5, 2)
    assert found["low"] < 0.1
    assert found["high"] > 0.9


@sent_once
def tell_spread() -> list[Any]:
    events = placed("spread", "a", "1", 0, 60)
    for minute, seconds, gib in ((10, 20.0, 0.5), (30, 30.0, 64), (55, 40.0, 200)):
        told = {"taken_at": f"2026-03-01T12:{minute}:00Z", "duration_seconds": seconds, "checkpoint_id": f"c{minute}"}
        told["size_bytes"] = int(gib * 2**30)
        events.append(event("checkpoint.succeeded", minute + 1, job_id="spread-a", attempt=1, **told))
    return events


def test_distances_and_durations_of_checkpoints_are_medians(server: Server) -> None:
    found = row(server, "spread")
    sized = found["checkpoint_seconds"].pop("by_size")
    assert found["checkpoint_seconds"] == {"median": 30.0, "p95": pytest.approx(39.0), "count": 3}
    assert sized == [
        {"from_gib": 0.0, "to_gib": 1.0, "median": 20.0, "p95": 20.0, "count": 1},
        {"from_gib": 64.0, "to_gib": None, "median": 35.0, "p95": pytest.approx(39.5), "count": 2},
    ]
    assert found["interval_seconds"]["observed"] == pytest.approx(22.5 * 60)
    assert found["interval_seconds"]["configured"] == 15 * 60


@sent_once
def tell_told() -> list[Any]:
    events: list[Any] = []
    for number, seconds in enumerate((600.0, 600.0, 1800.0, None)):
        events += placed("told", f"{number}", f"{number}", 0, 60, checkpoint_interval_seconds=seconds)
    return events


def test_the_configured_interval_is_what_attempts_were_told_before_what_the_server_would_tell(server: Server) -> None:
    assert row(server, "told")["interval_seconds"]["configured"] == 600.0


@sent_once
def tell_few() -> list[Any]:
    events = placed("few", "long", "long", -90 * 60, 0)
    for number in range(3):
        events += placed("few", f"{number}", f"{number}", 0, 600, how="reclaimed")
    return events


def test_too_little_is_said_as_such(server: Server) -> None:
    found = row(server, "few")
    assert found["verdict"] == "too_little"
    assert found["says"][0] == "3 reclaims in 120 h: 0.025 an hour, anywhere from 0.005 to 0.073; not enough to advise."


@sent_once
def tell_shaped() -> list[Any]:
    return placed("shaped", "a", "1", 0, 60, how="reclaimed")


@pytest.mark.parametrize(
    ("by", "key"), [("queue", "shaped"), ("instance_type", "m5.2xlarge"), ("pool", "m5.2xlarge/us-east-1a")]
)
def test_the_answer_has_exactly_the_declared_shape_whatever_it_is_grouped_by(server: Server, by: str, key: str) -> None:
    answer = server.get("/api/v1/insight", by=by, queue="shaped")
    assert Insight.model_validate(answer).model_dump(mode="json") == answer
    assert answer["as_of"] == NOW.isoformat().replace("+00:00", "Z")
    [found] = answer["rows"]
    assert (found["key"], found["exposure_hours"]) == (key, pytest.approx(1.0))


@sent_once
def tell_days() -> list[Any]:
    return [*placed("days", "a", "1", 0, 30 * 60), *placed("days", "b", "2", 11 * 60, 13 * 60, how="reclaimed")]


def test_days_are_cut_at_midnight_and_add_up_to_the_exposure(server: Server) -> None:
    assert row(server, "days")["exposure_hours"] == pytest.approx(32.0)


@sent_once
def tell_demand() -> list[Any]:
    return placed("demand", "b", "2", 0, 60, purchase_option="on-demand")


def test_a_selection_without_spot_has_no_rows_and_an_unknown_grouping_is_refused(server: Server) -> None:
    assert server.get("/api/v1/insight", queue="demand")["rows"] == []
    assert "by" in server.get("/api/v1/insight", 400, by="moon")["message"]


@sent_once
def tell_bare() -> list[Any]:
    events: list[Any] = []
    for number in range(6):
        events += placed("bare", f"{number}", f"{number}", 0, 600, how="reclaimed")
    return events


def test_a_queue_that_loses_money_without_checkpoints_is_told_to_take_some(server: Server) -> None:
    found = row(server, "bare")
    assert found["verdict"] == "protect"
    # Six times ten hours at 0.40 USD in one day; 6 reclaims may be 2.2019 to 13.0595.
    assert "lost work worth $720.00 a month ($264.23 to $1,567.14): switch checkpoints on." in found["says"][1]


@sent_once
def tell_torn() -> list[Any]:
    events: list[Any] = []
    gpu = {"gpus": 1, "instance_type": "g4dn.xlarge"}
    for number in range(5):
        job, taken = f"torn-{number}", {"checkpoint_taken_at": "2026-03-01T12:59:00Z"}
        events += placed("torn", f"{number}", f"{number}", 0, 60, how="reclaimed", **gpu)[:-1]
        # The second GPU is another kind than that of the checkpoint for the first two.
        place = {**SPOT, "instance_type": "g5.xlarge" if number < 2 else "g4dn.2xlarge", "usd_per_hour": 0.4}
        events.append(event("job.started", 70, job_id=job, attempt=2, instance_id=f"i-torn-b{number}", **place))
        told = {"job_id": job, "attempt": 2, "checkpoint_id": "c", "duration_seconds": 60, **taken}
        if number in (0, 2):
            events.append(event("restore.failed", 71, **told, error="no space left"))
        else:
            events.append(event("restore.succeeded", 71, **told))
        events.append(event("job.succeeded", 130, job_id=job, attempt=2))
    return events


def test_restores_that_fail_come_with_their_share_and_what_their_jobs_lost(server: Server) -> None:
    # Two lost their first hour, at 0.40 USD, in one day: thirty times that a month. Wilson's range of 2 of 5.
    said = (
        "2 of 5 restores (11.8 % to 76.9 %) failed with “no space left”, 1 of them on another kind of GPU instance "
        "than the checkpoint's; those jobs lost work worth $24.00 a month, the most that could be kept if none failed."
    )
    assert said in row(server, "torn")["says"]
