"""Bad, odd and hostile input: refused with a sentence, kept aside where it is one event, never an error of ours."""

import gzip
import io
import tracemalloc
import zlib

import orjson
import pytest

from tests.ingest.conftest import Door, assert_refused, submitted
from tests.reference.worked_example import event

LINES = "application/x-ndjson"
MEGABYTE = 1024 * 1024


def rejection(door: Door, body: object) -> str:
    """Why the one event of a body was refused, after checking that it was kept aside."""
    answer = door.post([body])
    [rejected] = assert_refused(answer, 422)["rejected"]
    [row] = door.rejects()
    assert row["error"] == rejected["error"]
    assert orjson.loads(row["raw"]) == body
    return str(rejected["error"])


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"type": "mmbatch.job.exploded"}, "type: 'mmbatch.job.exploded' is not a known event type; known are"),
        ({"time": "2026-03-01T00:00:00"}, "time: '2026-03-01T00:00:00' has no time zone; add Z or an offset"),
        ({"time": "yesterday"}, "time: 'yesterday' is not an ISO 8601 time"),
        ({"time": None}, "time: None is not an ISO 8601 time"),
        ({"time": 1772323200}, "time: 1772323200 is not an ISO 8601 time"),
        ({"time": "0001-01-01T00:00:00+14:00"}, "is not between 1990 and 2200"),
        ({"time": "9999-12-31T23:59:59-14:00"}, "is not between 1990 and 2200"),
        ({"time": "1970-01-01T00:00:00Z"}, "is not between 1990 and 2200"),
        ({"time": "x" * 100_000}, "is not an ISO 8601 time"),
        ({"id": ""}, "id: is required, as a text that is not empty"),
        ({"id": 5}, "id: is required, as a text"),
        ({"id": "x" * 2000}, "id: has 2000 characters; 1024 at most"),
        ({"source": None}, "source: is required"),
        ({"specversion": "0.3"}, "specversion: must be '1.0', is '0.3'"),
        ({"specversion": [[[[["x"] * 9] * 9]]] * 500}, "specversion: must be '1.0', is [[["),
        ({"data": None}, "data: must be a JSON object, is nothing"),
        ({"data": []}, "data: must be a JSON object, is a list"),
        ({"data_base64": "e30=", "data": None}, "data.job_id: is required"),
        ({"data_base64": "e30", "data": None}, "data_base64: must be Base64 of a JSON object"),
        ({"data_base64": 5, "data": None}, "data_base64: must be Base64 of a JSON object"),
        ({"data_base64": "W10=", "data": None}, "data: must be a JSON object, is a list"),
    ],
)
def test_an_attribute_that_is_wrong_is_named(door: Door, changes: dict[str, object], error: str) -> None:
    said = rejection(door, {**submitted(), **changes})
    assert error in said
    assert len(said) < 1000


@pytest.mark.parametrize(
    ("data", "error"),
    [
        ({"vcpus": -2}, "data.vcpus: must be greater than 0"),
        ({"vcpus": 0}, "data.vcpus: must be greater than 0"),
        ({"vcpus": "2"}, "data.vcpus: must be a valid number"),
        ({"vcpus": True}, "data.vcpus: must be a valid number"),
        ({"vcpus": 1e300}, "data.vcpus: must be less than or equal to"),
        ({"gpus": -1}, "data.gpus: must be greater than or equal to 0"),
        ({"job_id": ""}, "data.job_id:"),
        ({"job_id": None}, "data.job_id:"),
        ({"job_id": "x" * 600}, "data.job_id:"),
        ({"name": ["x"]}, "data.name: must be a valid string"),
        ({"name": "x" * 40_000}, "data.name:"),
        ({"tags": ["x"]}, "data.tags: must be a valid dictionary"),
        ({"tags": {"a": 1}}, "data.tags.a: must be a valid string"),
        ({"tags": {"x" * 400: 1}}, "data.tags.xxx"),
        ({"tags": {str(number): "" for number in range(300)}}, "data.tags:"),
    ],
)
def test_a_field_that_is_wrong_is_named(door: Door, data: dict[str, object], error: str) -> None:
    said = rejection(door, submitted(**data))
    assert error in said
    assert len(said) < 300


def test_a_range_that_runs_backwards_inside_one_event_is_refused(door: Door) -> None:
    late = "2026-03-01T02:00:00Z"
    wrong = [
        event("checkpoint.succeeded", "01:00", job_id="a", attempt=1, taken_at=late),
        event("restore.succeeded", "01:00", job_id="a", attempt=2, checkpoint_taken_at=late),
        event("node.registered", "01:00", node_id="n", instance_launched_at=late),
    ]
    fields = ["taken_at", "checkpoint_taken_at", "instance_launched_at"]
    rejected = assert_refused(door.post(wrong), 422)["rejected"]
    assert [item["error"] for item in rejected] == [
        f"data.{field}: lies after the event's own time; one of the two is wrong" for field in fields
    ]


def test_a_price_needs_the_option_it_is_for_and_is_above_zero(door: Door) -> None:
    good = {"instance_type": "m5.large", "usd_per_hour": 0.1, "effective_at": "2026-03-01T00:00:00Z"}
    for option, usd in (("unknown", 0.1), (None, 0.1), ("spot", 0), ("spot", -1)):
        wrong = event("price.observed", "01:00", **{**good, "purchase_option": option, "usd_per_hour": usd})
        assert door.post(wrong).status_code == 422
    assert door.rows("SELECT count(*) FROM prices") == [(0,)]


def test_a_price_says_where_it_holds_and_is_one_that_an_instance_can_have(door: Door) -> None:
    good = {"instance_type": "m5.large", "usd_per_hour": 0.1, "effective_at": "2026-03-01T00:00:00Z"}
    wrong = [
        event("price.observed", "01:00", **good, purchase_option="spot", region="us-east-1"),
        event("price.observed", "01:01", **good, purchase_option="on-demand"),
        event("price.observed", "01:02", **{**good, "usd_per_hour": 1001}, purchase_option="on-demand", region="a"),
        event("job.started", "01:03", job_id="a", attempt=1, usd_per_hour=1001),
    ]
    rejected = assert_refused(door.post(wrong), 422)["rejected"]
    assert [item["error"].partition(";")[0] for item in rejected] == [
        "data.availability_zone: is required: Spot prices differ from zone to zone",
        "data.region: is required, or availability_zone: prices differ from region to region",
        "data.usd_per_hour: 1001 USD an hour is more than 1000",
        "data.usd_per_hour: 1001 USD an hour is more than 1000",
    ]


def test_a_time_inside_an_event_that_is_later_by_clock_skew_is_kept(door: Door) -> None:
    events = [
        event("job.started", "00:01", job_id="a", attempt=1),
        event("checkpoint.succeeded", "01:00", job_id="a", attempt=1, taken_at="2026-03-01T01:05:00Z"),
        event("node.registered", "01:00", node_id="n", instance_launched_at="2026-03-01T01:00:02Z"),
    ]
    assert door.post(events).get_json()["accepted"] == 3
    assert door.rows("SELECT taken_at::VARCHAR FROM checkpoints") == [("2026-03-01 01:05:00",)]


def test_null_means_unknown_wherever_a_field_is_optional(door: Door) -> None:
    events = [
        submitted(vcpus=None, tags=None, queue=None),
        event("job.started", "00:01", job_id="job-1", attempt=1, purchase_option=None, usd_per_hour=None),
        event("instance.reclaim_notice", "00:02", instance_id="i-1", kind=None, action=None),
        event("job.failed", "00:03", job_id="job-1", attempt=None, exit_code=None, reason=None),
    ]
    assert door.post(events).get_json()["accepted"] == 4
    assert door.rows("SELECT queue, vcpus, status, cpu_hours FROM jobs WHERE job_id = 'job-1'") == [
        (None, None, "FAILED", None)
    ]


def test_an_end_before_its_start_is_kept_unknown_and_flagged(door: Door) -> None:
    events = [
        event("job.started", "02:00", job_id="a", attempt=1, vcpus=2, purchase_option="spot", usd_per_hour=1),
        event("job.succeeded", "01:00", job_id="a", attempt=1),
    ]
    assert door.post([submitted(job_id="a"), *events]).get_json()["accepted"] == 3
    sql = "SELECT status, runtime_seconds, cpu_hours, instance_hours, cost_usd, flags FROM jobs"
    [(status, *figures, flags)] = door.rows(sql)
    assert (status, figures) == ("SUCCEEDED", [None] * 4)
    assert set(flags) == {"attempt_ends_before_start", "job_ends_before_start"}
    summary = door.get("/api/v1/summary")["figures"]
    assert summary["total_jobs"] == 1
    assert summary["cpu_hours"] == {"value": None, "coverage": 0.0}


def test_five_minutes_backwards_are_clock_skew(door: Door) -> None:
    events = [
        event("job.started", "02:00", job_id="a", attempt=1, vcpus=2),
        event("job.succeeded", "01:56", job_id="a", attempt=1),
    ]
    door.post(events)
    assert door.rows("SELECT runtime_seconds, cpu_hours, flags FROM jobs") == [(0.0, 0.0, [])]


def test_other_content_under_the_same_identity_is_kept_aside_as_a_conflict(door: Door) -> None:
    door.post(submitted(1, vcpus=2))
    answer = door.post([submitted(2), submitted(1, vcpus=4)])
    assert answer.status_code == 207
    [rejected] = answer.get_json()["rejected"]
    assert (rejected["index"], rejected["id"]) == (1, "submitted-1")
    assert "same source and id came before with other content" in rejected["error"]
    assert door.rows("SELECT vcpus FROM jobs ORDER BY job_id") == [(2.0,), (2.0,)]
    [row] = door.rejects()
    assert orjson.loads(row["raw"])["data"]["vcpus"] == 4
    retried = door.client.post("/api/v1/rejects/retry", json={"ids": [row["reject_id"]]}).get_json()
    assert retried["entered"] == []
    assert "other content" in retried["refused"][row["reject_id"]]


def test_two_contents_in_one_body_keep_the_first(door: Door) -> None:
    answer = door.post([submitted(1, vcpus=2), submitted(1, vcpus=4)])
    assert [item["index"] for item in answer.get_json()["rejected"]] == [1]
    assert door.rows("SELECT vcpus FROM jobs") == [(2.0,)]


def test_the_same_id_of_another_source_is_another_event(door: Door) -> None:
    door.post(submitted(1))
    other = {**submitted(1, vcpus=4), "source": "other/agent"}
    assert door.post(other).get_json()["accepted"] == 1


def test_lines_that_are_blank_are_passed_over_and_malformed_ones_kept_aside(door: Door) -> None:
    good = orjson.dumps(submitted(1))
    body = b"\n" + good + b"\r\n   \n{broken\n\xff\xfe\nnull\n[1]\n" + b'"text"\n' + orjson.dumps(submitted(2))
    answer = door.post(body, LINES)
    assert answer.status_code == 207
    counted = answer.get_json()
    assert counted["accepted"] == 2
    assert [(item["index"], item["error"].partition(":")[0]) for item in counted["rejected"]] == [
        (1, "the line is not JSON"),
        (2, "the line is not JSON"),
        (3, "an event is a JSON object, this is nothing"),
        (4, "an event is a JSON object, this is a number"),
        (5, "an event is a JSON object, this is a text"),
    ]
    assert {row["raw"] for row in door.rejects()} == {"{broken", "\ufffd\ufffd", "null", "1", "text"}


def test_nul_characters_do_not_cut_texts_or_make_two_one(door: Door) -> None:
    jobs = [submitted(number, job_id=f"a\x00{number}", name="n\x00m", tags={"k\x00": "v\x00"}) for number in (1, 2)]
    assert door.post(jobs).get_json()["accepted"] == 2
    assert door.rows("SELECT job_id, name FROM jobs ORDER BY job_id") == [
        ("a\ufffd1", "n\ufffdm"),
        ("a\ufffd2", "n\ufffdm"),
    ]
    bad = b'{"id": "x\\u0000y", "z": "after"} \x00 tail\n'
    assert door.post(bad, LINES).status_code == 422
    assert door.post([{"id": "x\x00y", "specversion": "\x00"}]).status_code == 422
    rows = door.rejects()
    assert [row["event_id"] for row in rows] == ["x\ufffdy", None, "x\ufffdy"]
    assert orjson.loads(rows[0]["raw"]) == {"id": "x\x00y", "z": "after"}
    assert rows[1]["raw"].endswith("tail")
    assert orjson.loads(rows[2]["raw"]) == {"id": "x\x00y", "specversion": "\x00"}


@pytest.mark.parametrize("name", ["x" * 10_000, "\U0001f9ec" * 10_000, "' OR 1=1 --", "{}", "\u202e\u0007\n"])
def test_any_name_comes_back_as_it_was(door: Door, name: str) -> None:
    tags = {f"key-{number}": name for number in range(50)}
    assert door.post(submitted(name=name, queue=name, user=name, tags=tags)).get_json()["accepted"] == 1
    [(found, queue, user, tag)] = door.rows("SELECT name, queue, \"user\", tags['key-7'] FROM jobs")
    assert {found, queue, user, tag} == {name}
    assert [row["key"] for row in door.get("/api/v1/queues")["rows"]] == [name]


@pytest.mark.parametrize("depth", [200, 245, 255, 500, 1000])
@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
def test_an_event_of_any_depth_enters_or_is_kept_aside_whole(door: Door, depth: int, opening: bytes) -> None:
    closing = b"]" if opening == b"[" else b"}"
    nested = opening * depth + b"1" + closing * depth
    unknown_field = orjson.dumps(submitted(1)).replace(b'"align"', b'"align","odd":' + nested)
    wrong_field = orjson.dumps(submitted(2)).replace(b'"align"', nested)
    body = b"[" + unknown_field + b"," + wrong_field + b"," + orjson.dumps(submitted(3)) + b"]"
    answer = door.post(body)
    assert answer.status_code == 207
    counted = answer.get_json()
    assert counted["accepted"] == (2 if depth < 250 else 1)
    assert counted["rejected"][-1]["error"] == "data.queue: must be a valid string"
    kept = {orjson.loads(row["raw"])["id"]: row["raw"] for row in door.rejects()}
    assert kept["submitted-2"] == wrong_field.decode()
    if depth >= 250:
        assert "nest it less" in counted["rejected"][0]["error"]
        assert kept["submitted-1"] == unknown_field.decode()


def test_a_hundred_megabytes_in_a_small_gzip_cost_no_more_than_the_limit(empty_door: Door) -> None:
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb") as file:
        for _ in range(100):
            file.write(b" " * MEGABYTE)
    assert len(packed.getvalue()) < MEGABYTE
    tracemalloc.start()
    answer = empty_door.post(packed.getvalue(), Content_Encoding="gzip")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert_refused(answer, 413, "32 MB after decompression")
    assert peak < 80 * MEGABYTE
    assert empty_door.stored_bytes == 0


def test_newlines_without_end_cost_no_more_than_their_size(door: Door) -> None:
    body = gzip.compress(b"\n" * (31 * MEGABYTE))
    tracemalloc.start()
    answer = door.post(body, LINES, Content_Encoding="gzip")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert answer.status_code == 200
    assert peak < 120 * MEGABYTE


def test_endless_empty_gzip_members_end_at_the_limit(empty_door: Door) -> None:
    member = gzip.compress(b"")
    packed = member * (33 * MEGABYTE // len(member))
    answer = empty_door.client.post(
        "/api/v1/events",
        input_stream=io.BytesIO(packed),
        headers={"Content-Encoding": "gzip"},
        content_type="application/json",
        environ_overrides={"wsgi.input_terminated": True},
    )
    assert_refused(answer, 413)


def test_gzip_in_several_members_is_one_body(door: Door) -> None:
    whole = orjson.dumps([submitted(1), submitted(2)])
    packed = b"".join(gzip.compress(whole[begin : begin + 10]) for begin in range(0, len(whole), 10))
    assert door.post(packed, Content_Encoding="gzip").get_json()["accepted"] == 2


@pytest.mark.parametrize("tail", [b"garbage", b"\x1f\x8b", b"\x00"])
def test_garbage_after_gzip_refuses_the_body(empty_door: Door, tail: bytes) -> None:
    packed = gzip.compress(orjson.dumps(submitted())) + tail
    assert_refused(empty_door.post(packed, Content_Encoding="gzip"), 400, "not gzip")
    assert empty_door.stored_bytes == 0


def test_gzip_with_a_wrong_checksum_is_refused(empty_door: Door) -> None:
    packed = bytearray(gzip.compress(orjson.dumps(submitted())))
    packed[-5] ^= 1
    assert_refused(empty_door.post(bytes(packed), Content_Encoding="gzip"), 400, "not gzip")


def test_a_zlib_stream_is_not_gzip(empty_door: Door) -> None:
    packed = zlib.compress(orjson.dumps(submitted()))
    assert_refused(empty_door.post(packed, Content_Encoding="gzip"), 400, "not gzip")


@pytest.mark.parametrize("promised", ["5", "100000", "0", "-1", "many", "99999999999"])
def test_a_content_length_that_lies_is_an_error_of_the_sender(empty_door: Door, promised: str) -> None:
    body = orjson.dumps(submitted())
    answer = empty_door.client.post(
        "/api/v1/events",
        input_stream=io.BytesIO(body),
        content_type="application/json",
        environ_overrides={"CONTENT_LENGTH": promised},
    )
    assert_refused(answer, 413 if promised == "99999999999" else 400)
    assert empty_door.stored_bytes == 0


def test_binary_mode_reads_the_attributes_from_headers(door: Door) -> None:
    attributes = {
        "ce-specversion": "1.0",
        "Ce-Id": "a%20b%E2%82%AC",
        "CE-Source": "test/agent",
        "ce-type": "mmbatch.job.submitted",
        "ce-time": "2026-03-01T00:00:00Z",
    }
    data = {"job_id": "binary", "vcpus": 4}
    assert door.post(data, **attributes).get_json() == {"accepted": 1, "duplicates": 0, "rejected": []}
    structured = {**submitted(), "id": "a b€", "data": data}
    del structured["data"]["vcpus"]
    answer = door.post(structured)
    assert answer.get_json()["rejected"][0]["id"] == "a b€"
    assert door.rows("SELECT job_id, vcpus FROM jobs") == [("binary", 4.0)]
    del attributes["ce-time"]
    assert_refused(door.post(data, **attributes), 422, "time: is required")


ENVELOPE = {
    "version": "0",
    "id": "e-1",
    "detail-type": "Batch Job State Change",
    "source": "aws.batch",
    "account": "123456789012",
    "time": "2026-03-01T00:10:00Z",
    "region": "us-east-1",
    "resources": [],
    "detail": {
        "jobId": "job-1",
        "jobName": "from-aws",
        "jobQueue": "arn:aws:batch:us-east-1:123456789012:job-queue/aws-queue",
        "status": "RUNNABLE",
        "createdAt": 1772323200000,
        "container": {"resourceRequirements": [{"type": "VCPU", "value": "16"}]},
    },
}


@pytest.mark.parametrize("body", [ENVELOPE, [ENVELOPE]])
def test_an_eventbridge_envelope_enters_alone_or_in_a_list(door: Door, body: object) -> None:
    assert door.post(body).get_json() == {"accepted": 1, "duplicates": 0, "rejected": []}
    assert door.post(body).get_json()["duplicates"] == 1
    assert door.rows("SELECT job_id, name, queue, vcpus, status FROM jobs") == [
        ("job-1", "from-aws", "aws-queue", 16.0, "RUNNABLE")
    ]


@pytest.mark.parametrize("native_first", [True, False])
def test_where_sources_disagree_native_events_come_before_aws(door: Door, native_first: bool) -> None:
    bodies = [[submitted(vcpus=2)], [ENVELOPE]]
    for body in bodies if native_first else reversed(bodies):
        door.post(body)
    assert door.rows("SELECT name, queue, vcpus FROM jobs") == [("from-aws", "align", 2.0)]


def test_an_envelope_that_is_wrong_is_kept_aside_and_an_unknown_kind_only_counted(door: Door) -> None:
    unknown = {**ENVELOPE, "id": "e-2", "detail-type": "Tea Is Ready"}
    wrong = {**ENVELOPE, "id": "e-3", "detail": {**ENVELOPE["detail"], "jobId": 5}}  # type: ignore[dict-item]
    answer = door.post([unknown, wrong])
    assert (answer.status_code, answer.get_json()["accepted"]) == (207, 1)
    assert answer.get_json()["rejected"][0]["error"].startswith("detail.jobId: ")
    assert door.rows("SELECT type, understood, events FROM event_counts") == [("Tea Is Ready", False, 1)]
