"""Every number on the Dashboard, in its tables, the list and a job's page is the API's, – where that says null."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from mmbatch_dash.domain.figures import FIGURES, Unit
from mmbatch_dash.domain.units import format_count, format_duration, format_hours, format_rate, format_usd
from tests.api.conftest import Server
from tests.pages.conftest import Browser, text_of
from tests.pages.fakes import FakeReports, empty_dashboard

FORMS = {Unit.USD: format_usd, Unit.HOURS: format_hours, Unit.SECONDS: format_duration, Unit.COUNT: format_count}
BY_QUEUE = ("cpu_hours", "cost_usd", "saved_cost_usd", "saved_cpu_hours", "on_demand_savings_usd")


def parts_of(part: Any) -> Iterator[dict[str, Any]]:
    """Every component of an answer of the wire."""
    if isinstance(part, list):
        for one in part:
            yield from parts_of(one)
    elif isinstance(part, dict) and "props" in part:
        yield part
        yield from parts_of(part["props"].get("children"))


def rows_of(table: Any) -> list[list[str]]:
    """The body of a table, cell by cell."""
    bodies = [part for part in parts_of(table) if part["type"] == "Tbody"]
    rows = [part for body in bodies for part in parts_of(body) if part["type"] == "Tr"]
    return [[text_of(cell).strip() for cell in row["props"]["children"]] for row in rows]


@pytest.fixture
def browser(fleet: Server) -> Browser:
    return Browser(None, FakeReports(lambda selection, _: empty_dashboard(selection)), fleet.client)  # type: ignore[arg-type]


@pytest.fixture
def page(fleet: Server) -> dict[str, Any]:
    answer = fleet.client.get("/_dash-layout?path=/&search=%3Frange%3Dall%26engineering%3D1").get_json()
    return {part["props"]["id"]: part["props"] for part in parts_of(answer) if part["props"].get("id")}


def test_the_world_has_unknowns(fleet: Server) -> None:
    figures = fleet.get("/api/v1/summary")["figures"]
    assert figures["cost_usd"]["coverage"] < 1
    costs = [row["figures"]["saved_cost_usd"]["value"] for row in fleet.get("/api/v1/queues", by="user")["rows"]]
    assert len(costs) > 1


def test_cards_and_engineering_figures(fleet: Server, page: dict[str, Any]) -> None:
    summary = fleet.get("/api/v1/summary")
    for figure in FIGURES:
        shown = text_of(page[f"dashboard-card-{figure.name}"]["children"])
        value = summary["figures"][figure.name]["value"]
        assert shown.startswith(f"{FORMS[figure.unit](value)} "), figure.name
    for name in ("total_jobs", "spot_protections"):
        assert text_of(page[f"dashboard-card-{name}"]["children"]).startswith(format_count(summary["figures"][name]))
    engineering = text_of(page["dashboard-engineering"]["children"])
    for name, total in summary["engineering"].items():
        unit = Unit.SECONDS if name.endswith("_seconds") else Unit.USD if name.endswith("_usd") else Unit.HOURS
        assert FORMS[unit](total["value"]) in engineering, name


def test_the_queue_table(fleet: Server, page: dict[str, Any]) -> None:
    shown = {row[0]: row[1:] for row in rows_of(page["dashboard-queues"]["children"])}
    told = fleet.get("/api/v1/queues", by="queue")["rows"]
    assert len(shown) == len(told) > 1
    for row in told:
        cells = shown[row["key"]]
        values = [row["figures"][name]["value"] for name in BY_QUEUE]
        forms = [format_hours, format_usd, format_usd, format_hours, format_usd]
        said = [cell.removesuffix(" h") for cell in cells[2:7]]
        assert said == [form(value) for form, value in zip(forms, values, strict=True)], row["key"]
        assert cells[0] == format_count(row["figures"]["total_jobs"])
        assert cells[8] == format_rate(row["protections"]["rate"])


@pytest.mark.parametrize(
    "by", ["queue", "user", "instance_type", "definition", "purchase_option", "availability_zone", "tag:project"]
)
def test_where_it_goes(fleet: Server, browser: Browser, by: str) -> None:
    given = {"shell-location.search": "?range=all", "dashboard-where-by.value": by}
    shown = rows_of(browser.call("dashboard-where", "children", **given)["dashboard-where"]["children"])
    told = fleet.get("/api/v1/queues", by=by)["rows"]
    for cells, row in zip(shown[:-1], told, strict=False):
        assert cells[0] == row["key"]
        assert cells[2] == format_usd(row["figures"]["cost_usd"]["value"])
        assert cells[4] == format_usd(row["figures"]["saved_cost_usd"]["value"])
    headline = fleet.get("/api/v1/summary")["figures"]
    for name in ("cost_usd", "saved_cost_usd", "on_demand_savings_usd", "cpu_hours"):
        added = sum(row["figures"][name]["value"] or 0 for row in told)
        assert added == pytest.approx(headline[name]["value"]), name
    assert sum(row["figures"]["total_jobs"] for row in told) == headline["total_jobs"]
    assert shown[-1][:3] == ["All", format_count(headline["total_jobs"]), format_usd(headline["cost_usd"]["value"])]


def test_rows_of_the_list_and_figures_of_each_job(fleet: Server, browser: Browser) -> None:
    request = {"startRow": 0, "endRow": 100}
    given = {"jobs-grid.getRowsRequest": request, "shell-location.search": "?range=all"}
    shown = browser.call("jobs-grid", "getRowsResponse", **given)["jobs-grid"]["getRowsResponse"]["rowData"]
    told = {row["job_id"]: row for row in fleet.get("/api/v1/jobs", limit=1000)["rows"]}
    assert len(shown) > 20
    unknown = 0
    for row in shown:
        for figure in FIGURES:
            value = told[row["id"]][figure.name]
            assert row[figure.name] == FORMS[figure.unit](value), (row["id"], figure.name)
            unknown += value is None
    assert unknown > 0
    for row in shown[:10]:
        detail = fleet.get(f"/api/v1/jobs/{row['id']}")["figures"]
        panel = browser.call("job-head", "children", **{"job-wanted.data": row["id"]})["job-figures"]["children"]
        spans = [
            part for part in parts_of(panel) if str(part["props"].get("className", "")).startswith("computed-value")
        ]
        said = Counter(text_of(span).removesuffix(" h") for span in spans)
        forms = {"h": format_hours, "s": format_duration, "USD": format_usd}
        # Work under way has figures of its own beside these.
        assert Counter(forms[one["unit"]](one["value"]) for one in detail.values()) <= said, row["id"]
