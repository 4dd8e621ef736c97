"""Events inside messages of other services, in every wrapping AWS puts around them, and files as shells write them."""

import base64
import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from mmbatch_dash.adapters.cloudevents import read_batch, read_event, read_lines
from mmbatch_dash.adapters.files import guess_format, read_file
from mmbatch_dash.domain.facts import Entry, Rejection

NATIVE = {
    "specversion": "1.0",
    "id": "1",
    "source": "s",
    "type": "mmbatch.job.submitted",
    "time": "2026-03-01T00:00:00Z",
    "data": {"job_id": "a"},
}
STATE = {
    "version": "0",
    "id": "2",
    "detail-type": "Batch Job State Change",
    "source": "aws.batch",
    "account": "1",
    "time": "2026-03-01T00:00:00Z",
    "region": "us-east-1",
    "resources": [],
    "detail": {"jobId": "b", "status": "RUNNABLE", "createdAt": 1772323200000},
}
BOTH = json.dumps(NATIVE) + json.dumps(STATE)


def b64(content: str | bytes) -> str:
    return base64.b64encode(content.encode() if isinstance(content, str) else content).decode()


def log_events(*messages: str) -> dict[str, Any]:
    return {
        "messageType": "DATA_MESSAGE",
        "logEvents": [{"id": "1", "timestamp": 1, "message": one} for one in messages],
    }


WRAPPED: dict[str, Any] = {
    "sns": {"Type": "Notification", "MessageId": "m", "Message": BOTH},
    "sns in lambda": {"Records": [{"EventSource": "aws:sns", "Sns": {"Type": "Notification", "Message": BOTH}}]},
    "sqs in lambda": {"Records": [{"messageId": "m", "body": json.dumps(one)} for one in (NATIVE, STATE)]},
    "sqs receive-message": {"Messages": [{"MessageId": "m", "Body": BOTH}]},
    "sqs records of a pipe": [
        {"messageId": "m", "body": json.dumps(NATIVE)},
        {"messageId": "n", "body": json.dumps(STATE)},
    ],
    "sns in sqs": {"Records": [{"body": json.dumps({"Type": "Notification", "Message": BOTH})}]},
    "base64 in sqs": {"Records": [{"body": b64(BOTH)}]},
    "kinesis": {"Records": [{"kinesis": {"data": b64(json.dumps(one))}} for one in (NATIVE, STATE)]},
    "kinesis get-records": {"Records": [{"SequenceNumber": "1", "Data": b64(BOTH)}]},
    "firehose transformation": {"records": [{"recordId": "r", "data": b64(BOTH)}]},
    "firehose endpoint": {"requestId": "r", "timestamp": 1, "records": [{"data": b64(json.dumps([NATIVE, STATE]))}]},
    "firehose packed": {"records": [{"recordId": "r", "data": b64(gzip.compress(BOTH.encode()))}]},
    "logs subscription": {"awslogs": {"data": b64(gzip.compress(json.dumps(log_events(BOTH)).encode()))}},
    "logs, unpacked": log_events(json.dumps(NATIVE), json.dumps(STATE)),
    "logs of the AWS CLI": {"events": [{"timestamp": 1, "message": BOTH, "ingestionTime": 2}], "nextToken": "t"},
    "logs insights": {
        "results": [
            [{"field": "@timestamp", "value": "t"}, {"field": "@message", "value": json.dumps(one)}]
            for one in (NATIVE, STATE)
        ],
        "status": "Complete",
    },
    "json in json in sqs": {"Records": [{"body": json.dumps(json.dumps(one))} for one in (NATIVE, STATE)]},
    "events in a list in a list": [[NATIVE], [STATE]],
}


def identities(items: Any) -> list[str]:
    read = list(items)
    assert all(isinstance(item, Entry) for item in read), read
    return [item.id for item in read if isinstance(item, Entry)]


@pytest.mark.parametrize("name", WRAPPED)
def test_events_inside_a_message_enter_as_they_would_alone(name: str, tmp_path: Path) -> None:
    assert identities(read_batch([WRAPPED[name]])) == ["1", "2"]
    assert identities(read_lines([json.dumps(WRAPPED[name]).encode()])) == ["1", "2"]
    for text in (json.dumps(WRAPPED[name]), json.dumps(WRAPPED[name], indent=2)):
        file = tmp_path / "events.json"
        file.write_text(text)
        assert guess_format(file) == "events"
        assert identities(read_file(file, "events")) == ["1", "2"]


def test_an_event_is_never_taken_for_a_message_whatever_it_holds() -> None:
    odd = {**STATE, "detail-type": "Anything", "detail": {}, "Records": [NATIVE], "body": "x"}
    assert identities(read_batch([odd])) == ["2"]


def test_the_real_event_inside_an_sqs_record_enters(shared_data: Path) -> None:
    file = shared_data / "eventbridge" / "real_batch_succeeded_2023_in_sqs.json"
    assert guess_format(file) == "events"
    [entry] = read_file(file, "events")
    assert isinstance(entry, Entry)
    assert (entry.type, entry.facts[0]["region"]) == ("Batch Job State Change", "ap-southeast-2")


@pytest.mark.parametrize(
    ("message", "error"),
    [
        ({"Type": "Notification", "Message": "hello"}, "it is not JSON"),
        ({"records": [{"recordId": "r", "data": "%%%"}]}, "data: is not Base64"),
        ({"awslogs": {"data": b64(gzip.compress(b"{}")[:-9])}}, "data: is not Base64"),
        ({"Records": []}, None),
        ([], "an event is a JSON object, this is a list"),
    ],
)
def test_what_cannot_be_opened_is_kept_aside_with_the_reason(message: Any, error: str | None) -> None:
    items = list(read_batch([message]))
    assert [error in item.error for item in items if isinstance(item, Rejection) and error] == [True] * len(items)
    assert bool(items) == bool(error)


def test_a_packed_bomb_is_opened_no_further_than_its_bound() -> None:
    bomb = gzip.compress(b" " * (17 * 1024 * 1024))
    [rejection] = read_batch([{"awslogs": {"data": b64(bomb)}}])
    assert isinstance(rejection, Rejection)


@pytest.mark.parametrize(
    "text",
    [
        BOTH,
        BOTH + "\n",
        json.dumps(NATIVE) + "\n\n" + json.dumps(STATE),
        "\ufeff" + json.dumps(NATIVE) + "\n\ufeff" + json.dumps(STATE),
        json.dumps(NATIVE) + " " + json.dumps(STATE) + "\n",
        "2026-03-01T00:00:00.000Z " + json.dumps(NATIVE) + "\n2026-03-01T00:00:01.5Z " + json.dumps(STATE),
    ],
)
def test_lines_hold_one_event_or_several(text: str, tmp_path: Path) -> None:
    file = tmp_path / "events"
    file.write_text(text)
    assert guess_format(file) == "events"
    assert identities(read_file(file, "events")) == ["1", "2"]


def test_events_joined_into_lines_enter_one_by_one(shared_data: Path) -> None:
    file = shared_data / "doors" / "lines-with-several-events" / "events.json"
    assert len(set(identities(read_file(file, guess_format(file))))) == 3


def test_what_is_broken_after_good_events_of_a_line_is_kept_aside_alone(tmp_path: Path) -> None:
    file = tmp_path / "events.ndjson"
    file.write_text(json.dumps(NATIVE) + '{"id": \n' + json.dumps(STATE) + "\n")
    first, broken, last = read_file(file, "events")
    assert isinstance(first, Entry)
    assert isinstance(last, Entry)
    assert isinstance(broken, Rejection)
    assert (broken.index, broken.raw, broken.file) == (1, '{"id":', "events.ndjson")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig", "utf-32"])
@pytest.mark.parametrize("name", ["events", "batch", "nextflow", "spot-prices"])
def test_files_are_read_in_the_encodings_that_windows_writes(encoding: str, name: str, tmp_path: Path) -> None:
    job = {"jobId": "a", "jobName": "café", "status": "RUNNABLE", "createdAt": 1543502756194}
    texts = {
        "events": json.dumps({**NATIVE, "data": {"job_id": "a", "name": "café"}}, ensure_ascii=False) + "\r\n",
        "batch": json.dumps({"jobs": [job]}, ensure_ascii=False, indent=4),
        "nextflow": "native_id\tstatus\tsubmit\tname\r\n1\tCOMPLETED\t2024-01-01 10:00\tcafé\r\n",
        "spot-prices": '"AvailabilityZone","InstanceType","ProductDescription","SpotPrice","Timestamp"\r\n'
        '"us-east-1a","m5.large","Linux/UNIX","0.0357","2023-11-14T22:00:00.000Z"\r\n',
    }
    file = tmp_path / "file"
    file.write_bytes(texts[name].encode(encoding))
    assert guess_format(file) == name
    [entry] = read_file(file, name)
    assert isinstance(entry, Entry)
    assert entry.facts[0].get("name", "café") == "café"


@pytest.mark.parametrize("folder", ["utf16", "quoted-csv-guess", "trace-separator", "lines-with-several-events"])
def test_every_file_of_these_real_inputs_is_known_and_nothing_is_kept_aside(shared_data: Path, folder: str) -> None:
    files = [path for path in sorted((shared_data / "doors" / folder).iterdir()) if path.name != "expected.txt"]
    items = [item for path in files for item in read_file(path, guess_format(path))]
    assert len(items) >= len(files) > 0
    assert all(isinstance(item, Entry) for item in items)


def test_data_in_base64_is_the_same_event_as_plain_data() -> None:
    plain, packed = {**NATIVE}, {key: value for key, value in NATIVE.items() if key != "data"}
    entry = read_event({**packed, "data_base64": b64(json.dumps(NATIVE["data"]))})
    assert entry.facts == read_event(plain).facts
    assert entry.content == plain
    assert "data_base64" in entry.raw


def test_small_letters_of_rfc_3339_are_read() -> None:
    assert read_event({**NATIVE, "time": "2026-03-01t00:00:00z"}).time == read_event(NATIVE).time
