"""The timeline of one job: hand-made rows in, plain figure out."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from mmbatch_dash.figures.lanes import build_segments
from mmbatch_dash.figures.timeline import MOST_PIXELS, build_timeline, describe_timeline, timeline_pixels
from tests.pages.fake_jobs import attempt_row, checkpoint_row, restore_row

START = datetime(2026, 3, 1, tzinfo=UTC)
ZONE = ZoneInfo("UTC")


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


JOB = {"job_id": "worked", "submitted_at": at(-4), "completed_at": at(180), "status": "SUCCEEDED"}
ATTEMPTS = [
    attempt_row(1, at(0), at(60), "reclaimed", instance_id="i-1", carried_into=2, carried_until_at=at(45)),
    attempt_row(2, at(65), at(125), "reclaimed", instance_id="i-2", carried_into=3, carried_until_at=at(120)),
    attempt_row(3, at(140), at(180), "completed", instance_id="i-3"),
]
CHECKPOINTS = [
    checkpoint_row(1, at(45), checkpoint_id="c1"),
    checkpoint_row(2, at(120), checkpoint_id="c2"),
    checkpoint_row(2, at(90), outcome="failed", checkpoint_id="bad"),
]
RESTORES = [restore_row(2, at(65), at(70), "c1", 1), restore_row(3, at(140), at(144), "c2", 2)]
NOTICES = [
    {"instance_id": "i-1", "notice_kind": "interruption", "noticed_at": at(58), "action": None, "action_at": None}
]


def worked(**changes: Any) -> dict[str, Any]:
    given = {
        "job": JOB, "attempts": ATTEMPTS, "checkpoints": CHECKPOINTS, "restores": RESTORES, "notices": NOTICES,
        **changes,
    }  # fmt: skip
    return build_timeline(
        given["job"], given["attempts"], given["checkpoints"], given["restores"], given["notices"],
        as_of=at(400), zone=changes.get("zone", ZONE),
    )  # fmt: skip


def trace(figure: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any]
    (found,) = [item for item in figure["data"] if item["name"] == name]
    return found


def minutes(kind: str) -> list[float]:
    segments = build_segments(JOB, ATTEMPTS, RESTORES, at(400))
    return [(item.end - item.start).total_seconds() / 60 for item in segments if item.kind == kind]


def test_the_worked_example_is_split_as_metrics_says() -> None:
    assert minutes("waiting") == [4, 5, 15]
    assert minutes("restoring") == [5, 4]
    assert minutes("carried") == [45, 50]
    assert minutes("lost") == [15, 5]
    assert minutes("latest") == [36]


def test_bars_begin_at_the_wall_clock_of_the_zone() -> None:
    figure = worked(zone=ZoneInfo("Europe/Berlin"))
    assert trace(figure, "Carried on by a restore")["base"][0] == "2026-03-01T01:00:00.000"
    assert trace(figure, "Carried on by a restore")["x"] == [45 * 60_000, 50 * 60_000]
    assert "CET" in trace(figure, "Lost work")["customdata"][0]


def test_checkpoints_reclaims_and_notices_stand_in_the_lane_of_their_attempt() -> None:
    figure = worked()
    assert [round(place) for place in trace(figure, "Checkpoint")["y"]] == [0, 1]
    assert [round(place) for place in trace(figure, "Checkpoint failed")["y"]] == [1]
    assert trace(figure, "Reclaimed")["y"] == [0, 1]
    assert [round(place) for place in trace(figure, "EC2 notice")["y"]] == [0]


def test_a_line_leads_from_each_checkpoint_to_its_restore() -> None:
    line = trace(worked(), "From checkpoint to restore")
    assert line["y"] == [0, 1, None, 1, 2, None]
    assert line["x"][0] == "2026-03-01T00:45:00.000"


def test_states_differ_by_pattern_or_symbol_not_by_colour_alone() -> None:
    figure = worked()
    assert trace(figure, "Lost work")["marker"]["pattern"]["shape"] == "/"
    assert trace(figure, "Checkpoint")["marker"]["symbol"] != trace(figure, "Checkpoint failed")["marker"]["symbol"]


def test_a_running_job_is_drawn_up_to_now_and_a_waiting_one_waits() -> None:
    running = build_segments({**JOB, "status": "RUNNING"}, [attempt_row(1, at(0), None, "running")], [], at(30))
    assert running[-1].end == at(30)
    waiting = build_segments({"submitted_at": at(0), "status": "RUNNABLE", "completed_at": None}, [], [], at(9))
    assert [(item.kind, item.end) for item in waiting] == [("waiting", at(9))]


def test_an_attempt_reclaimed_for_good_is_lost() -> None:
    job = {**JOB, "status": "FAILED", "completed_at": at(60)}
    segments = build_segments(job, [attempt_row(1, at(0), at(60), "reclaimed")], [], at(400))
    assert [item.kind for item in segments] == ["waiting", "lost"]


def test_a_job_without_a_known_start_says_why_the_chart_is_empty() -> None:
    figure = worked(job={"status": "RUNNING"}, attempts=[attempt_row(1, None, None, "running")], notices=[])
    assert figure["data"] == []
    assert "No attempt has a known start" in figure["layout"]["annotations"][0]["text"]


def test_ten_attempts_with_hundreds_of_checkpoints_stay_one_readable_figure() -> None:
    attempts = [attempt_row(n, at(100 * n), at(100 * n + 90), "reclaimed") for n in range(1, 11)]
    checkpoints = [
        checkpoint_row(n, at(100 * n + k), checkpoint_id=f"{n}-{k}") for n in range(1, 11) for k in range(60)
    ]
    figure = worked(attempts=attempts, checkpoints=checkpoints, restores=[], notices=[])
    assert len(trace(figure, "Checkpoint")["x"]) == 600
    assert len(figure["data"]) < 12
    assert 400 < timeline_pixels(len(attempts)) <= MOST_PIXELS
    assert len(json.dumps(figure, allow_nan=False)) < 250_000


def test_lanes_grow_thinner_when_there_are_many() -> None:
    assert timeline_pixels(1) < timeline_pixels(10) <= MOST_PIXELS
    assert timeline_pixels(200) / 200 < timeline_pixels(10) / 10


def test_a_hostile_checkpoint_id_is_text_in_the_hover() -> None:
    rows = [checkpoint_row(1, at(5), checkpoint_id="<a href='javascript:alert(1)'>x</a>" + "y" * 9000)]
    told = trace(worked(checkpoints=rows), "Checkpoint")["customdata"][0]
    assert "<a" not in told
    assert "&lt;a" in told
    assert len(told) < 400


def test_the_chart_is_told_in_words() -> None:
    text = describe_timeline(ATTEMPTS, CHECKPOINTS, RESTORES)
    assert text == (
        "3 attempts (1: reclaimed, 2: reclaimed, 3: completed). 2 checkpoints succeeded, 1 failed. "
        "2 restores succeeded."
    )
