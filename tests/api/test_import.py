"""POST /api/v1/import: files as the importers take them."""

import gzip
import io
from collections.abc import Callable

import orjson

from tests.api.conftest import Server, event

TRACE = (
    b"task_id\thash\tnative_id\tname\tstatus\texit\tsubmit\tstart\tcomplete\tcpus\tqueue\n"
    b"1\tab/cd\t0a1b2c3d-0000-4000-8000-000000000009\talign (1)\tCOMPLETED\t0\t"
    b"2026-03-01 10:00:00.000\t2026-03-01 10:05:00.000\t"
    b"2026-03-01 11:05:00.000\t4\talign\n"
)


def lines_of(*numbers: int) -> bytes:
    return b"\n".join(orjson.dumps(event("job.submitted", n, job_id=f"job-{n}")) for n in numbers)


def send(server: Server, body: bytes, **query: str) -> dict[str, object]:
    answer = server.client.post("/api/v1/import", data=body, query_string=query)
    assert answer.status_code == 200, answer.text
    server.fold()
    said: dict[str, object] = answer.json
    return said


def test_a_file_as_the_body_is_read_and_the_same_again_adds_nothing(server: Server) -> None:
    body = lines_of(1, 2, 3) + b"\n{broken\n"
    said = send(server, body, name="../events of May.ndjson")
    [one] = said.pop("files")  # type: ignore[misc, attr-defined] # a list of one
    assert said == {"new": 3, "known": 0, "kept_aside": 1}
    assert one.pop("first_reason").startswith("line 4: ")
    assert one == {"name": "events of May.ndjson", "format": "events", "new": 3, "known": 0, "kept_aside": 1}
    assert server.get("/api/v1/rejects")["rows"][0]["file"] == "events of May.ndjson"
    again = send(server, gzip.compress(lines_of(1, 2, 3)), name="events.ndjson.gz")
    assert (again["new"], again["known"]) == (0, 3)


def test_times_are_read_in_the_zone_that_is_named(server: Server) -> None:
    send(server, TRACE, format="nextflow", timezone="Europe/Berlin")
    assert server.get("/api/v1/jobs/0a1b2c3d-0000-4000-8000-000000000009")["submitted_at"] == "2026-03-01T09:00:00Z"


def test_several_files_come_as_a_form_and_one_that_is_unknown_does_not_stop_the_others(server: Server) -> None:
    parts = [(lines_of(1, 2), "a.ndjson"), (b"nothing known", "b.txt"), (TRACE, "a.ndjson"), (b"", "empty")]
    form = {"file": [(io.BytesIO(content), name) for content, name in parts]}
    answer = server.client.post("/api/v1/import", data=form, content_type="multipart/form-data")
    assert answer.status_code == 200, answer.text
    files = answer.json["files"]
    assert [(one["name"], one["format"], one["new"] > 0) for one in files] == [
        ("a.ndjson", "events", True),
        ("b.txt", None, False),
        ("a.ndjson", "nextflow", True),
    ]
    assert "b.txt is in no format that is known" in files[1]["first_reason"]


def test_what_cannot_be_read_is_refused_and_nothing_is_left(start: Callable[..., Server]) -> None:
    server = start()
    for query, body, status, said in (
        ({}, b"nothing known", 422, "is in no format that is known"),
        ({}, b"", 422, "holds no file"),
        ({"format": "nextfow"}, TRACE, 400, "nextflow is nearest"),
        ({"timezone": "Mars"}, TRACE, 400, "not an IANA time zone"),
    ):
        answer = server.client.post("/api/v1/import", data=body, query_string=query)
        assert answer.status_code == status, answer.text
        assert said in answer.json["message"]
    assert list((server.services.settings.data_dir / "incoming").iterdir()) == []
    assert server.get("/api/v1/summary")["figures"]["total_jobs"] == 0


def test_a_body_over_the_limit_of_its_own_is_refused(server: Server) -> None:
    changed = server.client.put("/api/v1/configKV", json={"kvMap": {"ingest.maxImportMB": "1"}})
    assert changed.status_code == 200, changed.text
    answer = server.client.post("/api/v1/import", data=b"x" * (1 << 20) + b"xx")
    assert answer.status_code == 413
    assert answer.json["statusCode"] == 413
    head = b'--edge\r\nContent-Disposition: form-data; name="file"; filename="large"\r\n\r\n'
    form = head + b"x" * (2 << 20) + b"\r\n--edge--\r\n"
    refused = server.client.post("/api/v1/import", data=form, content_type="multipart/form-data; boundary=edge")
    assert refused.status_code == 413
