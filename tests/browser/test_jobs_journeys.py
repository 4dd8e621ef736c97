"""What a reader does with jobs and nodes, in a real browser on a real server."""

import csv
import io
import json
import re
from collections.abc import Callable
from urllib.parse import quote
from urllib.request import urlopen

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import NARROW, LiveServer
from tests.browser.fleet import DAYS, JOBS_PER_DAY, build_events
from tests.browser.hostile import HOSTILE_ID, build_hostile, build_many

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]
JOBS = DAYS * JOBS_PER_DAY
ROW_PX = 36
TALL = re.compile(r"^\d{6}px$")
"""The height of 3,000 rows."""


@pytest.fixture(autouse=True)
def patience() -> None:
    """Pages may be slow on a machine that others use too; they may not be wrong."""
    expect.set_options(timeout=20_000)


@pytest.fixture(scope="module")
def many_server(start_server: Callable[..., LiveServer]) -> LiveServer:
    """A server with 3,000 jobs, to scroll deep."""
    server = start_server()
    server.post(build_many(3000))
    server.wait_for_jobs(3000)
    return server


@pytest.fixture(scope="module")
def hostile_server(start_server: Callable[..., LiveServer]) -> LiveServer:
    """A server whose one job and node carry hostile texts everywhere."""
    server = start_server()
    server.post(build_hostile())
    server.wait_for_jobs(1)
    return server


def grid(page: Page) -> Locator:
    return page.locator("#jobs-grid")


def shows_jobs(page: Page, jobs: int) -> None:
    expect(page.locator("#jobs-scope")).to_contain_text(f"{jobs:,} job")


def scroll_to_row(page: Page, row: int) -> None:
    """Scrolls once the grid is as high as its list: before, it would stop short of the row."""
    expect(grid(page).locator(".ag-center-cols-container")).to_have_css("height", TALL)
    page.locator("#jobs-grid .ag-body-viewport").evaluate(f"box => {{ box.scrollTop = {ROW_PX * row}; }}")


def first_names(page: Page) -> Locator:
    return grid(page).locator(".ag-pinned-left-cols-container .ag-row[row-index='0'] a.job-link")


def total(page: Page, column: str) -> str:
    return grid(page).locator(f".ag-floating-top .ag-cell[col-id={column}]").inner_text()


def test_the_totals_row_reads_as_the_dashboards_cards(live_server: LiveServer, open_page: OpenPage) -> None:
    page = open_page(f"{live_server.url}/jobs?queue=align")
    shows_jobs(page, JOBS // 3)
    expect(grid(page).locator(".ag-floating-top")).to_contain_text(f"{JOBS // 3} jobs")
    shown = {name: total(page, name) for name in ("cost_usd", "saved_cost_usd", "on_demand_savings_usd")}
    board = open_page(f"{live_server.url}/?queue=align")
    for name, text in shown.items():
        expect(board.locator(f"#dashboard-card-{name} .card-value")).to_have_text(f"{text}USD")


def test_slash_searches_and_the_address_holds_it(live_server: LiveServer, open_page: OpenPage) -> None:
    page = open_page(f"{live_server.url}/jobs")
    shows_jobs(page, JOBS)
    page.locator("body").press("/")
    page.keyboard.type("job-017", delay=60)
    shows_jobs(page, 1)
    expect(first_names(page)).to_have_text("job-017")
    assert "q=job-017" in page.url


def test_a_header_sorts_over_all_jobs_and_the_address_keeps_it(live_server: LiveServer, open_page: OpenPage) -> None:
    page = open_page(f"{live_server.url}/jobs")
    expect(first_names(page)).to_have_text("job-059")
    grid(page).locator(".ag-header-cell[col-id=submitted_at]").click()
    expect(first_names(page)).to_have_text("job-000")
    expect(page).to_have_url(re.compile("sort=submitted_at"))
    page.reload()
    expect(first_names(page)).to_have_text("job-000")
    expect(grid(page).locator(".ag-header-cell[col-id=submitted_at]")).to_have_attribute("aria-sort", "ascending")


def test_deep_scrolling_reads_what_is_there(many_server: LiveServer, open_page: OpenPage) -> None:
    page = open_page(f"{many_server.url}/jobs?sort=name")
    shows_jobs(page, 3000)
    expect(first_names(page)).to_have_text("many-0000")
    scroll_to_row(page, 2500)
    row = grid(page).locator(".ag-pinned-left-cols-container .ag-row[row-index='2505'] a.job-link")
    expect(row).to_have_text("many-2505")


def test_live_events_change_the_list_without_moving_it(many_server: LiveServer, open_page: OpenPage) -> None:
    page = open_page(f"{many_server.url}/jobs?sort=name")
    shows_jobs(page, 3000)
    viewport = page.locator("#jobs-grid .ag-body-viewport")
    scroll_to_row(page, 1000)
    cell = grid(page).locator(".ag-row[row-index='1004'] .ag-cell[col-id=name]")
    expect(cell).to_have_text("many-1004")
    grid(page).locator(".ag-row[row-index='1004'] .ag-cell[col-id=queue]").dispatch_event("mousedown")
    before = viewport.evaluate("box => box.scrollTop")
    last = build_many(3001)[-1]
    many_server.post([last])
    many_server.wait_for_jobs(3001)
    page.evaluate("dash_clientside.set_props('shell-token', {data: 'now'})")
    shows_jobs(page, 3001)
    expect(cell).to_have_text("many-1004")
    assert viewport.evaluate("box => box.scrollTop") == before


def test_enter_opens_the_focused_job_and_back_returns(live_server: LiveServer, open_page: OpenPage) -> None:
    page = open_page(f"{live_server.url}/jobs?queue=align")
    expect(first_names(page)).to_be_visible()
    page.evaluate("dash_ag_grid.getApi('jobs-grid').setFocusedCell(1, 'queue')")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/jobs/job-\d{3}\?queue=align"))
    expect(page.locator("#job-head h1")).to_contain_text("job-0")
    page.go_back()
    shows_jobs(page, JOBS // 3)


def test_coming_back_from_a_job_finds_the_same_place_and_job(many_server: LiveServer, open_page: OpenPage) -> None:
    page = open_page(f"{many_server.url}/jobs?sort=name&q=many")
    viewport = page.locator("#jobs-grid .ag-body-viewport")
    expect(first_names(page)).to_have_text("many-0000")
    scroll_to_row(page, 2000)
    cell = grid(page).locator(".ag-row[row-index='2004'] .ag-cell[col-id=queue]")
    expect(grid(page).locator(".ag-row[row-index='2004'] .ag-cell[col-id=name]")).to_have_text("many-2004")
    cell.click()
    expect(page.locator("#job-head h1")).to_contain_text("many-2004")
    page.go_back()
    expect(grid(page).locator(".ag-row[row-index='2004'] .ag-cell[col-id=name]")).to_have_text("many-2004")
    expect(grid(page).locator(".ag-row[row-index='2004'] .ag-cell-focus")).to_have_attribute("col-id", "queue")
    assert viewport.evaluate("box => box.scrollTop") == 36 * 2000
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#job-head h1")).to_contain_text("many-2005")
    page.locator(".way-back").click()
    expect(grid(page).locator(".ag-row[row-index='2005'] .ag-cell-focus")).to_have_attribute("col-id", "queue")


def test_a_filter_on_a_column_holds_for_rows_totals_address_and_file(
    live_server: LiveServer, open_page: OpenPage
) -> None:
    page = open_page(f"{live_server.url}/jobs")
    shows_jobs(page, JOBS)
    page.get_by_text("Filter columns").click()
    page.get_by_label("Attempts").get_by_label("from").fill("2")
    page.keyboard.press("Enter")
    shows_jobs(page, JOBS // 3)
    page.get_by_label("Runtime").get_by_label("to").fill("140")
    page.get_by_role("textbox", name="Job id").fill("JOB-0")
    page.keyboard.press("Escape")
    for asked in ("where=attempts%3E%3D2", "where=runtime_seconds%3C%3D8400", "where=job_id%7EJOB-0"):
        expect(page).to_have_url(re.compile(asked))
    expect(page.locator("#filters-chips")).to_contain_text("≥ 2")
    expect(page.locator("#filters-chips")).to_contain_text("≤ 2 h 20 min")
    shows_jobs(page, JOBS // 3)
    expect(grid(page).locator(".ag-floating-top")).to_contain_text(f"{JOBS // 3} jobs")
    with page.expect_download() as waiting:
        page.locator("#jobs-csv").click()
    rows = list(csv.DictReader(io.StringIO(waiting.value.path().read_text(encoding="utf-8"))))
    assert {row["attempts"] for row in rows} == {"2"}
    assert f"${sum(float(row['cost_usd']) for row in rows):,.2f}" == total(page, "cost_usd")
    board = open_page(page.url.replace("/jobs?", "/?"))
    board_jobs = board.locator("#dashboard-card-total_jobs .card-value")
    expect(board_jobs).to_have_text(f"{JOBS // 3}jobs", timeout=60_000)
    page.get_by_title("Remove filter Attempts: ≥ 2").click()
    shows_jobs(page, JOBS)
    page.get_by_text("Filter columns").click()
    expect(page.get_by_label("Attempts").get_by_label("from")).to_have_value("")
    expect(page.get_by_label("Runtime").get_by_label("to")).to_have_value("140")


def test_a_click_opens_a_job_with_its_timeline_figures_and_events(live_server: LiveServer, open_page: OpenPage) -> None:
    page = open_page(f"{live_server.url}/jobs?q=job-003")
    first_names(page).click()
    expect(page.locator("#job-head")).to_contain_text("Succeeded")
    expect(page.locator("#job-timeline .bars path").first).to_be_attached()
    expect(page.locator("#job-attempts tbody tr")).to_have_count(2)
    figure = page.locator("#job-figures details").filter(has_text="EC2 instance cost").first
    figure.locator("summary").click()
    expect(figure).to_contain_text("reported by the source of the attempt")
    expect(figure).to_contain_text("3,600 / 3600 × 0.14 + 4,200 / 3600 × 0.14")
    event = page.locator("#job-events details").first
    event.locator("summary").click()
    expect(event.locator("pre")).to_contain_text('"job_id": "job-003"')


def test_the_csv_sums_to_the_totals_row(live_server: LiveServer, open_page: OpenPage) -> None:
    page = open_page(f"{live_server.url}/jobs?queue=call&status=SUCCEEDED")
    shows_jobs(page, JOBS // 3)
    expect(grid(page).locator(".ag-floating-top .ag-cell[col-id=cost_usd]")).to_have_text(re.compile(r"^\$\d"))
    with page.expect_download() as waiting:
        page.locator("#jobs-csv").click()
    expect(page.locator("[data-export-state]")).to_contain_text("CSV saved")
    assert waiting.value.suggested_filename.startswith("jobs_")
    rows = list(csv.DictReader(io.StringIO(waiting.value.path().read_text(encoding="utf-8"))))
    assert len(rows) == JOBS // 3
    for name in ("cost_usd", "saved_cost_usd", "on_demand_savings_usd"):
        assert f"${sum(float(row[name]) for row in rows):,.2f}" == total(page, name)


def test_chosen_columns_are_remembered(live_server: LiveServer, open_page: OpenPage) -> None:
    page = open_page(f"{live_server.url}/jobs")
    shows_jobs(page, JOBS)
    queue = grid(page).locator(".ag-header-cell[col-id=queue]")
    expect(queue).to_be_visible()
    page.get_by_text("Columns", exact=True).click()
    page.locator(".chooser-list").get_by_text("Queue", exact=True).click()
    expect(queue).to_have_count(0)
    page.reload()
    shows_jobs(page, JOBS)
    expect(first_names(page)).to_be_visible()
    expect(queue).to_have_count(0)


def test_a_phone_keeps_name_status_cost_and_saved(live_server: LiveServer, open_page: OpenPage) -> None:
    page = open_page(f"{live_server.url}/jobs", size=NARROW)
    shows_jobs(page, JOBS)
    headers = grid(page).locator(".ag-header-cell")
    expect(headers).to_have_count(4)
    expect(headers).to_have_text(["Status", "Name", "Cost (USD)", "Cost saved (USD)"])
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_filters_that_fit_nothing_offer_a_way_out(live_server: LiveServer, open_page: OpenPage) -> None:
    page = open_page(f"{live_server.url}/jobs?q=no-such-job")
    expect(page.locator("#jobs-notice")).to_contain_text("No job fits these filters")
    page.get_by_text("Clear filters").click()
    shows_jobs(page, JOBS)
    expect(first_names(page)).to_be_visible()


def test_an_unknown_id_helps(live_server: LiveServer, open_page: OpenPage) -> None:
    page = open_page(f"{live_server.url}/jobs/nobody")
    expect(page.locator("#job-missing")).to_contain_text("There is no such job")
    page.get_by_text("Open the list of jobs").click()
    shows_jobs(page, JOBS)


@pytest.mark.parametrize("path", ["/jobs", f"/jobs/{quote(HOSTILE_ID, safe='')}", "/nodes"])
def test_hostile_texts_are_harmless(hostile_server: LiveServer, open_page: OpenPage, path: str) -> None:
    page = open_page(f"{hostile_server.url}{path}")
    expect(page.locator("main")).to_contain_text("<script>")
    page.wait_for_timeout(500)
    assert page.evaluate("window.hacked === undefined")
    assert page.locator("main script, main img, main iframe").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_hostile_texts_are_neutral_in_the_csv(hostile_server: LiveServer) -> None:
    with urlopen(f"{hostile_server.url}/api/v1/jobs.csv", timeout=30) as answer:  # noqa: S310 - our own server
        (row,) = csv.DictReader(io.StringIO(answer.read().decode()))
    assert row["user"].startswith("'=")


def test_nodes_show_states_jobs_and_their_csv(live_server: LiveServer, open_page: OpenPage) -> None:
    live_server.post([_heartbeat("node-a", "i-live")])
    page = open_page(f"{live_server.url}/nodes")
    expect(page.locator("#nodes-table")).to_contain_text("node-a")
    page.locator(".node-state").filter(has_text="Gone").click()
    expect(page).to_have_url(re.compile("state=gone"))
    with page.expect_download() as waiting:
        page.locator("#nodes-csv").click()
    assert waiting.value.suggested_filename.startswith("nodes")


def _heartbeat(node: str, instance: str) -> dict[str, object]:
    event = build_events()[-1]
    data = {"node_id": node, "instance_id": instance}
    return json.loads(json.dumps({**event, "id": f"beat-{node}", "type": "mmbatch.node.heartbeat", "data": data}))  # type: ignore[no-any-return]
