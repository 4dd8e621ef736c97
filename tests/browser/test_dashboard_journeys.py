"""What a reader does on the Dashboard, in a real browser on a real server."""

import csv
import io
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import NARROW, LiveServer
from tests.browser.fleet import DAY_ONE, DAYS, JOBS_PER_DAY

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]
JOBS = DAYS * JOBS_PER_DAY


@pytest.fixture(autouse=True)
def patience() -> None:
    """Pages may be slow on a machine that others use too; they may not be wrong."""
    expect.set_options(timeout=20_000)


@pytest.fixture(scope="module")
def quick_server(start_server: Callable[..., LiveServer]) -> LiveServer:
    """A server with a job, whose pages look for news every second."""
    server = start_server("dashboard:\n  refresh: 1s\n")
    server.post([_submitted("first")])
    server.wait_for_jobs(1)
    return server


def headline(page: Page, figure: str = "total_jobs") -> str:
    return page.locator(f"#dashboard-card-{figure} .card-value").inner_text()


def shows_jobs(page: Page, jobs: int) -> None:
    expect(page.locator("#dashboard-card-total_jobs .card-value")).to_have_text(f"{jobs:,}jobs")


def test_the_dashboard_fills_with_the_figures_of_the_fleet(live_server: LiveServer, open_page: OpenPage) -> None:
    page = open_page(live_server.url)
    shows_jobs(page, JOBS)
    expect(page.locator("#dashboard-card-spot_protections .card-value")).to_have_text(re.compile("^20"))
    expect(page.locator("#dashboard-cost .bars path").first).to_be_attached()
    expect(page.locator("#dashboard-queues tbody tr")).to_have_count(3)


def test_a_filter_goes_into_the_address_and_a_new_tab_shows_the_same(
    live_server: LiveServer, open_page: OpenPage
) -> None:
    page = open_page(f"{live_server.url}/?tz=Europe/Berlin")
    shows_jobs(page, JOBS)
    page.locator("#filters-queue").click()
    page.locator(".dash-dropdown-content").get_by_text("align", exact=True).click()
    shows_jobs(page, JOBS // 3)
    page.keyboard.press("Escape")
    expect(page.locator("#filters-chips")).to_contain_text("align")
    assert "queue=align" in page.url
    other = open_page(page.url)
    shows_jobs(other, JOBS // 3)
    for figure in ("cost_usd", "saved_cost_usd", "saved_cpu_hours", "on_demand_savings_usd", "cpu_hours"):
        assert headline(other, figure) == headline(page, figure)


def test_a_chip_takes_its_filter_away_and_back_brings_it_again(live_server: LiveServer, open_page: OpenPage) -> None:
    page = open_page(f"{live_server.url}/?queue=align&status=SUCCEEDED")
    shows_jobs(page, JOBS // 3)
    page.get_by_title("Remove filter Queue: align").click()
    shows_jobs(page, JOBS)
    assert page.url.endswith("/?status=SUCCEEDED")
    page.go_back()
    shows_jobs(page, JOBS // 3)


def test_a_queue_name_in_the_table_shows_only_that_queue(live_server: LiveServer, open_page: OpenPage) -> None:
    page = open_page(live_server.url)
    page.locator("#dashboard-queues").get_by_role("link", name="call").click()
    shows_jobs(page, JOBS // 3)
    assert page.url.endswith("/?queue=call")


def test_dates_in_the_address_choose_whole_days(live_server: LiveServer, open_page: OpenPage) -> None:
    second, third = (f"{DAY_ONE + timedelta(days=days):%Y-%m-%d}" for days in (1, 2))
    page = open_page(f"{live_server.url}/?from={second}&to={third}")
    shows_jobs(page, 2 * JOBS_PER_DAY)
    expect(page.locator("#filters-chips")).to_contain_text(f"{second} to {third}")


def test_engineering_mode_is_switched_on_and_held_in_the_address(live_server: LiveServer, open_page: OpenPage) -> None:
    page = open_page(live_server.url)
    shows_jobs(page, JOBS)
    page.get_by_label("Engineering Mode").check()
    expect(page.locator("#dashboard-engineering")).to_contain_text("Net saved work")
    assert "engineering=1" in page.url
    page.get_by_label("Engineering Mode").uncheck()
    expect(page.locator("#dashboard-engineering")).to_be_empty()


def test_money_moves_to_when_it_was_incurred_and_the_address_holds_it(
    live_server: LiveServer, open_page: OpenPage
) -> None:
    page = open_page(f"{live_server.url}/?queue=align")
    shows_jobs(page, JOBS // 3)
    cost = headline(page, "cost_usd")
    page.locator("#dashboard-cost-lead").scroll_into_view_if_needed()
    place = page.evaluate("scrollY")
    page.get_by_text("As incurred").click()
    expect(page.locator("#dashboard-cost-lead")).to_contain_text("Spread over the time attempts ran")
    expect(page.locator("#dashboard-hours-lead")).to_contain_text("spread over that runtime")
    expect(page).to_have_url(re.compile(r"queue=align&bucket=incurred"))
    expect(page.locator("#dashboard-cost-text")).to_contain_text(f"paid {cost.removesuffix('USD')}")
    assert page.evaluate("scrollY") == place
    assert headline(page, "cost_usd") == cost
    with page.expect_download() as waiting:
        page.locator("#dashboard-cost-csv").click()
    rows = list(csv.DictReader(io.StringIO(waiting.value.path().read_text(encoding="utf-8"))))
    assert f"${sum(float(row['cost_usd'] or 0) for row in rows):,.2f}USD" == cost
    page.go_back()
    expect(page.locator("#dashboard-cost-lead")).to_contain_text("By when jobs were submitted")
    expect(page.get_by_label("By job")).to_be_checked()
    page.go_forward()
    expect(page.get_by_label("As incurred")).to_be_checked()


def test_the_time_zone_is_changed_and_named(live_server: LiveServer, open_page: OpenPage) -> None:
    page = open_page(live_server.url)
    shows_jobs(page, JOBS)
    page.locator("#filters-tz").focus()
    assert page.locator("#filters-zones option").count() > 400
    page.keyboard.type("tokyo")
    page.keyboard.press("Enter")
    expect(page.locator("#filters-tz")).to_have_value("Asia/Tokyo")
    expect(page.locator("#shell-freshness")).to_contain_text("JST")
    expect(page.locator("#dashboard-scope")).to_contain_text("Asia/Tokyo")
    assert "tz=Asia%2FTokyo" in page.url


def test_the_theme_follows_the_system_then_the_readers_choice(live_server: LiveServer, open_page: OpenPage) -> None:
    page = open_page(live_server.url, theme="dark")
    shows_jobs(page, JOBS)
    html = page.locator("html")
    expect(html).to_have_attribute("data-bs-theme", "dark")
    page.get_by_label("Switch between light and dark").click()
    expect(html).to_have_attribute("data-bs-theme", "light")
    page.reload()
    expect(html).to_have_attribute("data-bs-theme", "light")


def test_a_definition_is_one_key_away_and_escape_closes_it(live_server: LiveServer, open_page: OpenPage) -> None:
    page = open_page(live_server.url)
    shows_jobs(page, JOBS)
    button = page.get_by_label("What Total EC2 Instance Cost means")
    tip = page.locator("#dashboard-card-cost_usd-tip")
    expect(tip).to_be_hidden()
    button.focus()
    expect(tip).to_be_visible()
    expect(tip).to_contain_text("Σ over ended attempts of run time / 3600 × paid rate")
    expect(tip).to_contain_text(f"{JOBS} of {JOBS} jobs with an ended attempt")
    page.keyboard.press("Escape")
    expect(tip).to_be_hidden()


def test_keys_reach_search_and_help(live_server: LiveServer, open_page: OpenPage) -> None:
    page = open_page(live_server.url)
    shows_jobs(page, JOBS)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("Search jobs")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("/")
    page.keyboard.type("job-007")
    shows_jobs(page, 1)
    assert "q=job-007" in page.url


@pytest.mark.parametrize("delay_ms", [0, 180])
def test_nothing_typed_is_moved_or_lost_on_a_slow_machine(
    live_server: LiveServer, open_page: OpenPage, delay_ms: int
) -> None:
    page = open_page(live_server.url)
    shows_jobs(page, JOBS)
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": 6})
    search = page.locator("#filters-q")
    search.focus()
    page.keyboard.type("two words ", delay=delay_ms)
    page.wait_for_timeout(600)
    page.keyboard.type("job-007", delay=delay_ms)
    expect(page).to_have_url(re.compile(r"\?q=two\+words\+job-007$"))
    expect(search).to_have_value("two words job-007")
    assert search.evaluate("box => box.selectionStart") == len("two words job-007")


def test_a_bad_value_in_the_address_is_named_and_the_page_works(live_server: LiveServer, open_page: OpenPage) -> None:
    page = open_page(f"{live_server.url}/?status=NOPE&queue=qc")
    shows_jobs(page, JOBS // 3)
    expect(page.locator("#filters-problem")).to_contain_text("status: 'NOPE' is not one of")


def test_filters_that_leave_nothing_are_cleared_with_one_click(live_server: LiveServer, open_page: OpenPage) -> None:
    page = open_page(f"{live_server.url}/?queue=nobody")
    expect(page.locator("#dashboard-notice")).to_contain_text("No job fits these filters")
    page.get_by_role("link", name="Clear filters").click()
    shows_jobs(page, JOBS)


def test_the_data_of_a_chart_can_be_taken_home(live_server: LiveServer, open_page: OpenPage) -> None:
    page = open_page(live_server.url)
    shows_jobs(page, JOBS)
    with page.expect_download() as waiting:
        page.locator("#dashboard-queues-csv").click()
    text = waiting.value.path().read_text()
    assert text.splitlines()[0].startswith("queue,jobs,")
    assert len(text.splitlines()) == 4


def test_the_heat_map_switches_to_zones(live_server: LiveServer, open_page: OpenPage) -> None:
    page = open_page(live_server.url)
    expect(page.locator("#dashboard-reclaims")).to_contain_text("c5.2xlarge")
    page.locator("#dashboard-reclaims-key").get_by_text("Zone").click()
    expect(page.locator("#dashboard-reclaims")).to_contain_text("us-east-1a")


def test_a_narrow_screen_has_no_sideways_scroll_and_filters_in_a_sheet(
    live_server: LiveServer, open_page: OpenPage
) -> None:
    page = open_page(live_server.url, size=NARROW)
    shows_jobs(page, JOBS)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    expect(page.locator("#filters-queue")).to_be_hidden()
    page.get_by_role("button", name="Filters").click()
    page.locator("#filters-queue").click()
    page.locator(".dash-dropdown-content").get_by_text("qc", exact=True).click()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Done").click()
    shows_jobs(page, JOBS // 3)


def test_live_updates_change_the_number_and_keep_focus_scroll_and_open_menu(
    start_server: Callable[..., LiveServer], open_page: OpenPage
) -> None:
    server = start_server("dashboard:\n  refresh: 1s\n")
    page = open_page(server.url)
    expect(page.get_by_role("heading", name="No job has arrived yet")).to_be_visible()
    expect(page.locator("#dashboard-first-run-curl")).to_contain_text(f"curl -X POST {server.url}/api/v1/events")
    server.post([_submitted("one")])
    server.wait_for_jobs(1)
    shows_jobs(page, 1)
    button = page.get_by_label("What Total Jobs means")
    button.focus()
    page.evaluate("window.scrollTo(0, 300)")
    before = page.evaluate("window.scrollY")
    server.post([_submitted("two")])
    server.wait_for_jobs(2)
    shows_jobs(page, 2)
    expect(button).to_be_focused()
    assert page.evaluate("window.scrollY") == before > 0


def test_a_server_that_does_not_answer_is_named_and_its_last_figures_stay(
    quick_server: LiveServer, chromium: Browser
) -> None:
    jobs = quick_server.total_jobs()
    # A window of its own without the console check: the browser itself reports every failed request.
    with chromium.new_page() as page:
        page.clock.install()
        page.goto(quick_server.url)
        shows_jobs(page, jobs)
        page.route("**/_dash-update-component*", lambda route: route.abort())
        page.clock.fast_forward(30_000)  # its patience, without waiting it out
        expect(page.locator("html")).to_have_class(re.compile("is-offline"), timeout=20_000)
        shows_jobs(page, jobs)
        page.unroute("**/_dash-update-component*")
        expect(page.locator("html")).not_to_have_class(re.compile("is-offline"), timeout=20_000)


def test_a_paused_page_stands_still_until_it_is_resumed(quick_server: LiveServer, open_page: OpenPage) -> None:
    jobs = quick_server.total_jobs()
    page = open_page(quick_server.url)
    shows_jobs(page, jobs)
    page.get_by_label("Pause live updates").click()
    expect(page.get_by_label("Resume live updates")).to_have_attribute("aria-pressed", "true")
    quick_server.post([_submitted(f"new-{jobs}")])
    quick_server.wait_for_jobs(jobs + 1)
    page.wait_for_timeout(2_500)
    shows_jobs(page, jobs)
    page.keyboard.press("p")
    shows_jobs(page, jobs + 1)


def _submitted(job: str) -> dict[str, object]:
    return {
        "specversion": "1.0",
        "id": job,
        "source": "/live",
        "type": "mmbatch.job.submitted",
        "time": datetime.now(UTC).isoformat(),
        "data": {"job_id": job, "queue": "trial", "vcpus": 2},
    }
