"""GET /api/v1/jobs: order, pages, errors, tags."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmbatch_dash.domain.paging import Place, Sort, read_cursor, write_cursor
from mmbatch_dash.store.queries.job_fields import SORTABLE
from tests.api.conftest import Server, event


def pages(server: Server, **query: Any) -> Iterator[list[dict[str, Any]]]:
    after: str | None = ""
    while after is not None:
        page = server.get("/api/v1/jobs", **query, after=after)
        yield page["rows"]
        after = page["next"]


def in_order(rows: list[dict[str, Any]], column: str, *, descending: bool) -> list[str]:
    known = sorted((row for row in rows if row[column] is not None), key=lambda row: row["job_id"])
    known.sort(
        key=lambda row: row[column].encode() if isinstance(row[column], str) else row[column], reverse=descending
    )
    unknown = sorted(row["job_id"] for row in rows if row[column] is None)
    return [row["job_id"] for row in known] + unknown


@pytest.mark.parametrize("column", SORTABLE)
@pytest.mark.parametrize("sign", ["", "-"])
def test_every_column_sorts_both_ways_with_unknown_last_and_ties_by_id(fleet: Server, column: str, sign: str) -> None:
    rows = fleet.get("/api/v1/jobs", sort=sign + column, limit=1000)["rows"]
    assert len(rows) == fleet.get("/api/v1/summary")["figures"]["total_jobs"]
    # sorted() keeps equal values in order of id, also in reverse.
    assert [row["job_id"] for row in rows] == in_order(rows, column, descending=sign == "-")


@pytest.mark.parametrize(
    "sort", ["submitted_at", "-submitted_at", "-cost_usd", "queue", "status", "-job_id", "wait_seconds"]
)
@pytest.mark.parametrize("limit", [7, 50])
def test_pages_put_together_are_the_whole_list(fleet: Server, sort: str, limit: int) -> None:
    whole = fleet.get("/api/v1/jobs", sort=sort, limit=1000)["rows"]
    found = list(pages(fleet, sort=sort, limit=limit))
    assert [row for page in found for row in page] == whole
    assert all(len(page) == limit for page in found[:-1])


@pytest.mark.parametrize("sort", ["-submitted_at", "submitted_at", "name", "-vcpus"])
def test_paging_neither_skips_nor_repeats_while_events_arrive(server: Server, sort: str) -> None:
    first = [event("job.submitted", n % 7, job_id=f"old-{n:03}", name=f"n{n % 5}", vcpus=1 + n % 3) for n in range(60)]
    server.send(first)
    seen: list[str] = []
    for number, page in enumerate(pages(server, sort=sort, limit=8)):
        seen += [row["job_id"] for row in page]
        done = [event("job.started", 20, job_id=f"old-{number * 6 + n:03}", attempt=1) for n in range(6)]
        fresh = [
            event("job.submitted", number - 5, job_id=f"new-{number}-{n}", name=f"n{n}", vcpus=1 + n) for n in range(4)
        ]
        server.send([*fresh, *done])
    assert len(seen) == len(set(seen))
    assert {job_id for job_id in seen if job_id.startswith("old-")} == {f"old-{n:03}" for n in range(60)}


def test_filters_of_the_list_are_those_of_the_summary(fleet: Server) -> None:
    for query in ({"queue": "align"}, {"status": ["SUCCEEDED", "FAILED"]}, {"purchase_option": "(none)"}, {"q": "a"}):
        rows = fleet.get("/api/v1/jobs", **query, limit=1000)["rows"]
        assert len(rows) == fleet.get("/api/v1/summary", **query)["figures"]["total_jobs"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("sort", "nonsense"), ("sort", "-"), ("sort", "tags"), ("limit", "0"), ("limit", "x"), ("limit", "1001"),
        ("after", "x"), ("after", "W10"), ("after", "W" * 9000), ("from", "yesterday"), ("to", "2026-13-01"),
        ("basis", "started"),
        ("status", "DONE"), ("purchase_option", "cheap"), ("tz", "Mars/Base"),
    ],
)  # fmt: skip
def test_a_bad_value_is_refused_by_the_name_of_its_parameter(fleet: Server, name: str, value: str) -> None:
    body = fleet.get("/api/v1/jobs", 400, **{name: value})
    assert (body["statusCode"], body["errorCode"]) == (400, 1003)
    assert body["message"].startswith(f"{name}: ")
    assert body["details"] == [{"parameter": name}]


def test_a_cursor_of_another_order_is_refused(fleet: Server) -> None:
    cursor = fleet.get("/api/v1/jobs", sort="name", limit=1)["next"]
    body = fleet.get("/api/v1/jobs", 400, sort="queue", after=cursor)
    assert "sorted by 'name', not by queue" in body["message"]


@pytest.mark.parametrize("value", [True, "text", 2**70, [1]])
def test_a_forged_cursor_of_the_wrong_kind_is_refused(fleet: Server, value: Any) -> None:
    for column in ("attempts", "submitted_at"):
        cursor = write_cursor(Sort(column), Place(value, "job"))
        assert fleet.get("/api/v1/jobs", 400, sort=column, after=cursor)["details"] == [{"parameter": "after"}]


@given(st.none() | st.text() | st.floats(allow_nan=False, allow_infinity=False) | st.integers(), st.text())
def test_a_cursor_gives_back_the_place_it_was_made_of(value: Any, row_id: str) -> None:
    sort = Sort("name", descending=True)
    try:
        cursor = write_cursor(sort, Place(value, row_id))
        cursor.encode("ascii")
    except UnicodeEncodeError:
        return
    assert read_cursor(cursor, sort) == Place(value, row_id)


def test_the_list_is_tagged_by_version_and_a_repeat_is_spared_its_body(server: Server) -> None:
    server.send([event("job.submitted", 0, job_id="one")])
    first = server.client.get("/api/v1/jobs")
    again = server.client.get("/api/v1/jobs", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    other = server.client.get("/api/v1/jobs?queue=x", headers={"If-None-Match": first.headers["ETag"]})
    assert other.status_code == 200
    server.send([event("job.submitted", 1, job_id="two")])
    changed = server.client.get("/api/v1/jobs", headers={"If-None-Match": first.headers["ETag"]})
    assert changed.status_code == 200
    assert b'"two"' in changed.data


def test_instants_are_iso_8601_in_utc(fleet: Server) -> None:
    rows = fleet.get("/api/v1/jobs", limit=5)["rows"]
    assert all(
        datetime.fromisoformat(row["submitted_at"]).utcoffset() is not None for row in rows if row["submitted_at"]
    )
    assert all(row["submitted_at"].endswith("Z") for row in rows if row["submitted_at"])
