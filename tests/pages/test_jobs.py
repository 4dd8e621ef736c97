"""The job list through Dash's callback endpoint."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from mmbatch_dash.domain.errors import StoreUnavailable
from mmbatch_dash.pages.jobs.columns import COLUMNS, NARROW
from mmbatch_dash.store.queries.job_fields import SORTABLE
from tests.pages.conftest import Browser, text_of
from tests.pages.fake_jobs import SUBMITTED, FakeJobs, job_row, worked_row

Browse = Callable[..., Browser]


def ask(browser: Browser, search: str = "", **request: Any) -> dict[str, Any]:
    given = {"startRow": 0, "endRow": 100, "sortModel": [], **request}
    return browser.call(
        "jobs-grid", "getRowsResponse", **{"jobs-grid.getRowsRequest": given, "shell-location.search": search}
    )


def rows(browser: Browser, search: str = "", **request: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = ask(browser, search, **request)["jobs-grid"]["getRowsResponse"]["rowData"]
    return found


def around(browser: Browser, search: str = "") -> dict[str, Any]:
    return browser.call("jobs-scope", "children", **{"shell-location.search": search, "shell-token.data": "1"})


def test_a_job_reads_as_the_rest_of_the_product_writes_numbers(browse: Browse) -> None:
    (row,) = rows(browse(jobs=FakeJobs([worked_row()])))
    told = {name: row[name] for name in ("status", "cost_usd", "cpu_hours", "waiting_seconds", "lost_seconds", "vcpus")}
    assert told == {
        "status": "Succeeded",
        "cost_usd": "$1.07",
        "cpu_hours": "24.0",
        "waiting_seconds": "24 min",
        "lost_seconds": "25 min",
        "vcpus": "8",
    }
    assert row["memory_mib"] == "16"
    assert row["rootfs_bytes_max"] == "3"
    assert row["checkpoints_succeeded"] == "2 · 1 failed"
    assert row["protections_succeeded"] == "2 succeeded"
    assert row["exact"]["cost_usd"] == "1.066667 USD"


def test_times_are_in_the_zone_of_the_page_and_name_it(browse: Browse) -> None:
    (row,) = rows(browse(jobs=FakeJobs([worked_row()])), "?tz=Europe/Berlin")
    assert row["started_at"] == "2026-03-01 14:00 CET"
    assert row["exact"]["started_at"].startswith("2026-03-01 14:00:00 CET (")


def test_unknown_is_a_dash_with_its_reason_never_zero(browse: Browse) -> None:
    (row,) = rows(browse(jobs=FakeJobs([job_row()])))
    for name in ("cost_usd", "cpu_hours", "saved_cost_usd", "lost_seconds", "vcpus", "queue", "completed_at"):
        assert row[name] == "–"
        assert row["exact"][name]
    assert row["exact"]["cost_usd"] == "Unknown: an ended attempt lacks a time or a rate"


def test_a_job_without_a_name_shows_its_id_as_its_link(browse: Browse) -> None:
    (row,) = rows(browse(jobs=FakeJobs([job_row("a:0#1/x")])), "?queue=align")
    assert row["name"] == "a:0#1/x"
    assert row["href"] == "/jobs/a%3A0%231%2Fx?queue=align"


def test_texts_longer_than_any_cell_are_cut_and_the_id_stays_whole(browse: Browse) -> None:
    long = "x" * 10_000
    (row,) = rows(browse(jobs=FakeJobs([job_row(long[:3000], name=long, user=long)])))
    assert len(row["name"]) == len(row["user"]) == 201
    assert len(row["id"]) == 3000


def test_sort_and_stretch_are_asked_of_the_store(browse: Browse) -> None:
    jobs = FakeJobs([worked_row()])
    browser = browse(jobs=jobs)
    ask(browser, "?queue=align", startRow=300, endRow=400, sortModel=[{"colId": "cost_usd", "sort": "desc"}])
    selection, sort, offset, limit = jobs.asked[-1]
    assert (str(sort), offset, limit) == ("-cost_usd", 300, 100)
    assert selection.queue == ("align",)


def test_without_an_order_the_latest_submitted_comes_first(browse: Browse) -> None:
    jobs = FakeJobs([worked_row()])
    ask(browse(jobs=jobs))
    assert str(jobs.asked[-1][1]) == "-submitted_at"


@pytest.mark.parametrize(
    "request_",
    [
        {"startRow": -1},
        {"startRow": "0; DROP"},
        {"startRow": 5, "endRow": 5},
        {"sortModel": [{"colId": "job_key; --", "sort": "asc"}]},
    ],
)
def test_a_request_that_makes_no_sense_is_refused_and_the_grid_is_told(
    browse: Browse, request_: dict[str, Any]
) -> None:
    jobs = FakeJobs([worked_row()])
    answer = ask(browse(jobs=jobs), **request_)
    assert jobs.asked == []
    assert "jobs-grid" not in answer
    assert answer["side:jobs-failed"]["data"]


def test_a_request_for_very_many_rows_gets_a_thousand(browse: Browse) -> None:
    jobs = FakeJobs([worked_row()])
    ask(browse(jobs=jobs), endRow=10**9)
    assert jobs.asked[-1][3] == 1000


def test_a_store_that_cannot_answer_leaves_the_rows_and_says_why(browse: Browse) -> None:
    answer = ask(browse(jobs=FakeJobs([worked_row()], broken=StoreUnavailable("the disk is full"))))
    assert "jobs-grid" not in answer
    assert "the disk is full" in text_of(answer["side:shell-problem"]["children"])
    assert answer["side:jobs-failed"]["data"]


def test_the_totals_row_reads_as_the_dashboards_figures(browse: Browse) -> None:
    answer = around(browse(jobs=FakeJobs([worked_row(), job_row("other")])))
    row = answer["jobs-totals"]["data"]["row"]
    assert (row["status"], row["name"]) == ("Total", "2 jobs")
    assert (row["cost_usd"], row["saved_cost_usd"], row["cpu_hours"]) == ("$1.07", "$0.63", "24.0")
    assert row["protections_succeeded"] == "2 succeeded"
    assert row["vcpus"] == row["queue"] == ""


def test_export_links_hold_the_selection_and_the_order(browse: Browse) -> None:
    answer = around(
        browse(jobs=FakeJobs([worked_row()])), "?range=all&queue=align&sort=-cost_usd&engineering=1&q=a%26b"
    )
    assert answer["jobs-csv"]["href"] == "/api/v1/jobs.csv?queue=align&q=a%26b&sort=-cost_usd"
    assert answer["jobs-parquet"]["href"] == "/api/v1/jobs.parquet?queue=align&q=a%26b&sort=-cost_usd"


def test_a_relative_range_is_absolute_in_the_export_link(browse: Browse) -> None:
    href = around(browse(jobs=FakeJobs([worked_row()])), "?range=7d")["jobs-csv"]["href"]
    assert "from=" in href
    assert "to=" in href
    assert "range" not in href


def test_filters_that_leave_nothing_offer_to_clear_them(browse: Browse) -> None:
    answer = around(browse(jobs=FakeJobs([], in_all=12)), "?queue=none")
    assert "No job fits these filters" in text_of(answer["jobs-notice"]["children"])
    assert answer["jobs-totals"]["data"]["row"] is None


def test_an_empty_store_says_what_the_page_will_show(browse: Browse) -> None:
    assert "No job has arrived yet" in text_of(around(browse())["jobs-notice"]["children"])


def test_every_column_that_can_be_sorted_is_one_the_store_sorts_by() -> None:
    assert {column.name for column in COLUMNS if column.sortable} <= set(SORTABLE)
    assert set(NARROW) <= {column.name for column in COLUMNS}
    assert SUBMITTED.utcoffset() == timedelta(0)
