"""Every row of the answer table of events.md section 1."""

import errno
import os

import orjson
import pytest

from tests.ingest.conftest import Door, assert_refused, submitted

BATCH = "application/cloudevents-batch+json"
EVENT = "application/cloudevents+json"
LINES = "application/x-ndjson"


def ndjson(*events: object) -> bytes:
    return b"".join(orjson.dumps(event) + b"\n" for event in events)


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (EVENT, submitted()),
        (BATCH, [submitted()]),
        ("application/json", submitted()),
        ("application/json; charset=utf-8", [submitted()]),
        ("Application/JSON", [submitted()]),
        (LINES, ndjson(submitted())),
        (LINES, orjson.dumps(submitted())),
        ("application/jsonl", ndjson(submitted())),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_each_kind_of_body_enters(door: Door, content_type: str, body: object, packed: bool) -> None:
    answer = door.post_gzip(body, content_type) if packed else door.post(body, content_type)
    assert (answer.status_code, answer.get_json()) == (200, {"accepted": 1, "duplicates": 0, "rejected": []})
    assert answer.content_type == "application/json"
    assert door.rows("SELECT job_id, queue, vcpus FROM jobs") == [("job-1", "align", 2.0)]


def test_the_same_event_again_is_a_duplicate_and_a_success(door: Door) -> None:
    assert door.post([submitted(1), submitted(2)]).get_json()["accepted"] == 2
    answer = door.post([submitted(2), submitted(3), submitted(3)])
    assert (answer.status_code, answer.get_json()) == (200, {"accepted": 1, "duplicates": 2, "rejected": []})
    assert door.rows("SELECT count(*) FROM jobs") == [(3,)]


def test_key_order_and_spaces_do_not_make_other_content(door: Door) -> None:
    event = submitted()
    door.post(event)
    backwards = dict(reversed(event.items()))
    assert door.post(orjson.dumps(backwards, option=orjson.OPT_INDENT_2)).get_json()["duplicates"] == 1


def test_one_bad_event_among_a_thousand_is_kept_aside_listed_exported_and_tried_again(door: Door) -> None:
    events = [submitted(number) for number in range(1000)]
    events[7] = submitted(7, vcpus=-1)
    answer = door.post(events, BATCH)
    rejected = {"index": 7, "id": "submitted-7", "error": "data.vcpus: must be greater than 0"}
    assert (answer.status_code, answer.get_json()) == (207, {"accepted": 999, "duplicates": 0, "rejected": [rejected]})
    assert door.rows("SELECT count(*) FROM jobs") == [(999,)]

    [row] = door.rejects()
    assert (row["error"], row["place"], row["event_id"]) == (rejected["error"], 7, "submitted-7")
    assert orjson.loads(row["raw"]) == events[7]
    exported = door.client.get("/api/v1/rejects.ndjson")
    assert [orjson.loads(line)["reject_id"] for line in exported.data.splitlines()] == [row["reject_id"]]

    ids = {"ids": [row["reject_id"]]}
    assert door.client.post("/api/v1/rejects/retry", json=ids).get_json() == {
        "entered": [],
        "refused": {row["reject_id"]: rejected["error"]},
    }
    assert len(door.rejects()) == 1
    assert door.client.post("/api/v1/rejects/dismiss", json=ids).status_code == 200
    assert door.rejects() == []


def test_what_was_kept_aside_enters_once_it_is_understood(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    event = submitted()
    with monkeypatch.context() as older:
        older.setattr("mmbatch_dash.domain.events.catalog.EVENT_TYPES", {})
        assert door.post([event]).status_code == 422
    [row] = door.rejects()
    answer = door.client.post("/api/v1/rejects/retry", json={"ids": [row["reject_id"]]})
    assert answer.get_json() == {"entered": [row["reject_id"]], "refused": {}}
    assert door.rejects() == []
    assert door.rows("SELECT job_id FROM jobs") == [("job-1",)]


def test_every_event_rejected_is_422_in_the_error_shape_and_kept_aside(door: Door) -> None:
    answer = door.post([submitted(1, vcpus=0), 17])
    body = assert_refused(answer, 422, "data.vcpus: must be greater than 0")
    assert body["errorCode"] == 1003
    assert (body["accepted"], body["duplicates"]) == (0, 0)
    assert [(item["index"], item["id"]) for item in body["rejected"]] == [(0, "submitted-1"), (1, None)]
    assert body["rejected"][1]["error"] == "an event is a JSON object, this is a number"
    assert len(door.rejects()) == 2


def test_a_rejected_event_beside_a_duplicate_is_207(door: Door) -> None:
    door.post(submitted(1))
    answer = door.post([submitted(1), submitted(2, vcpus=0)])
    assert (answer.status_code, answer.get_json()["duplicates"]) == (207, 1)


def test_an_empty_list_is_nothing_to_do(door: Door) -> None:
    for body, media in ((b"[]", BATCH), (b"", LINES), (b"\n \n\r\n", LINES)):
        answer = door.post(body, media)
        assert (answer.status_code, answer.get_json()) == (200, {"accepted": 0, "duplicates": 0, "rejected": []})
    assert door.stored_bytes == 0


@pytest.mark.parametrize(
    ("content_type", "body", "words"),
    [
        ("application/json", b"", "The body is not JSON"),
        ("application/json", b"hello", "The body is not JSON"),
        ("application/json", b'{"id": "1"', "The body is not JSON"),
        ("application/json", b"\xff\xfe", "The body is not JSON"),
        ("application/json", b'{"id": "\\ud800"}', "The body is not JSON"),
        ("application/json", b"NaN", "The body is not JSON"),
        ("application/json", b"[" * 100_000, "The body is not JSON"),
        ("application/json", b"17", "a JSON object or a list"),
        ("application/json", b"null", "a JSON object or a list"),
        (BATCH, b"{}", "a JSON list of events"),
        (EVENT, b"[]", "one JSON object"),
    ],
)
def test_a_body_that_is_not_what_its_content_type_says_is_400(
    empty_door: Door, content_type: str, body: bytes, words: str
) -> None:
    assert_refused(empty_door.post(body, content_type), 400, words)
    assert empty_door.stored_bytes == 0


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not gzip",
        b"\x1f\x8b",
        b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03" + b"\xff" * 50,
    ],
)
def test_a_body_that_is_not_gzip_as_it_says_is_400(empty_door: Door, body: bytes) -> None:
    assert_refused(empty_door.post(body, Content_Encoding="gzip"), 400, "not gzip")


@pytest.mark.parametrize("content_type", ["text/plain", "application/xml", "application/jsonx", "", None])
def test_an_unknown_content_type_is_415(empty_door: Door, content_type: str | None) -> None:
    assert_refused(empty_door.post(submitted(), content_type), 415, "Content-Type", "application/json")
    assert empty_door.stored_bytes == 0


@pytest.mark.parametrize("encoding", ["br", "zstd", "deflate", "gzip, gzip", "x" * 5000])
def test_an_unknown_encoding_is_415(empty_door: Door, encoding: str) -> None:
    body = assert_refused(empty_door.post(submitted(), Content_Encoding=encoding), 415, "Content-Encoding", "gzip")
    assert len(body["message"]) < 300


def test_more_events_than_a_request_may_bring_are_413(door: Door) -> None:
    most = door.services.ingest_limits().max_events_per_request
    for body, media in ((b"[" + b"0," * most + b"0]", BATCH), (b"0\n" * (most + 1), LINES)):
        assert_refused(door.post(body, media), 413, f"{most} events")
    assert door.stored_bytes == 0


def test_a_body_over_the_limit_is_413(door: Door) -> None:
    limit = door.services.ingest_limits().max_body_mb * 1024 * 1024
    exactly = b'["' + b"x" * (limit - 4) + b'"]'
    assert door.post(exactly).status_code == 422
    stored = door.stored_bytes
    assert_refused(door.post(exactly + b" "), 413, "32 MB", "ingest.maxBodyMB")
    assert_refused(door.post_gzip(exactly + b" "), 413, "32 MB")
    assert door.stored_bytes == stored


def test_a_full_disk_is_503_with_a_time_to_come_back_and_stores_nothing(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    door.post(submitted(1))
    stored = door.stored_bytes

    def full(*_arguments: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(os, "write", full)
        answer = door.post([submitted(2), submitted(3, vcpus=-1)])
    assert_refused(answer, 503, "No space left on device", "Nothing was stored")
    assert int(answer.headers["Retry-After"]) > 0
    assert door.stored_bytes == stored
    assert door.post([submitted(1), submitted(2)]).get_json() == {"accepted": 1, "duplicates": 1, "rejected": []}


def test_a_server_that_shuts_down_answers_503(door: Door) -> None:
    door.services.journal.close()
    answer = door.post(submitted())
    assert_refused(answer, 503, "shutting down")
    assert answer.headers["Retry-After"]


def test_another_method_is_refused_in_the_error_shape(door: Door) -> None:
    answer = door.client.patch("/api/v1/events")
    assert_refused(answer, 405)
    assert "POST" in answer.headers["Allow"]
