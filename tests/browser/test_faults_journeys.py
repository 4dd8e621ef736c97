"""What must never be seen: a cut number, a page under another's name, a server that is gone and nobody says so."""

import re
import signal
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from mmbatch_dash.pages.filters.ids import LIST_CONTROLS
from tests.browser.conftest import WIDE, LiveServer, Restart, wait_until
from tests.browser.fleet import build_events

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]
CUT = """() => [...document.querySelectorAll([
        '.data-table td.num', '.card-value', '.running-item dd', '.work-figure dd', '.ag-cell.num', '.id-tail',
        '.computed-value'].join())]
    .filter((cell) => cell.getClientRects().length && getComputedStyle(cell).display !== 'inline')
    .filter((cell) => cell.scrollWidth > cell.clientWidth)
    .map((cell) => cell.textContent)"""
INSIDE = """(part) => {
    const cell = part.closest('.ag-cell').getBoundingClientRect();
    return part.getBoundingClientRect().right <= cell.right + 1;
}"""
APART = """() => {
    const box = (what) => document.querySelector('#react-entry-point .bar ' + what).getBoundingClientRect();
    const links = box('nav'), parts = ['.product', '.freshness', '.tz', '.user-slot'].map(box);
    return parts.every((one) => one.right <= links.left || one.left >= links.right || one.bottom <= links.top);
}"""
HIDDEN_BY_THE_GRID = """() => {
    const box = document.querySelector('.grid-box').getBoundingClientRect();
    return ['cost_usd', 'saved_cost_usd', 'on_demand_savings_usd'].filter((name) => {
        const head = document.querySelector(`.ag-header-cell[col-id=${name}]`);
        return !head || head.getBoundingClientRect().right > box.right;
    });
}"""

SLOW_FRAMES = """() => {
    const soon = window.requestAnimationFrame.bind(window);
    window.requestAnimationFrame = (draw) => { setTimeout(() => soon(draw), 300); return 0; };
}"""
NEW_QUEUE = """() => dash_clientside.set_props('filters-choices', {data: {
    values: {...window.mmbatchOptions, queue: [...window.mmbatchOptions.queue, 'of-today']},
    timezone: 'UTC', engineering: false}})"""


@pytest.fixture(autouse=True)
def patience() -> None:
    """Pages may be slow on a machine that others use too; they may not be wrong."""
    expect.set_options(timeout=20_000)


@pytest.fixture(scope="module")
def rich_server(start_server: Callable[..., LiveServer]) -> LiveServer:
    """The small fleet, and an array job that cost a lot on an instance of its own price."""
    server = start_server()
    server.post([*build_events(), *costly_array(), a_node()])
    server.wait_for_jobs(62)
    return server


def costly_array() -> list[dict[str, Any]]:
    """Two jobs of an array with long names that differ at their ends, thousands of dollars each."""
    events: list[dict[str, Any]] = []
    told = build_events()[1:5]
    for index in range(2):
        job = f"0b9c4ad1-7f5e-4d0a-9a55-3f1f6f1f0c11:{index}"
        for place, event in enumerate(told):
            more = {"job_id": job, "name": f"quarterly-assembly-of-everything-part-{index:03d}"}
            if "usd_per_hour" in event["data"]:
                more["usd_per_hour"] = 987.25
            if place == 0:
                more |= {"definition": "assemble:3", "tags": {"project": "genomes"}}
            data = {**event["data"], **more}
            events.append({**event, "id": f"{job}-{place}", "data": data})
    return events


def a_node() -> dict[str, Any]:
    """A worker that joined just now."""
    event = build_events()[1]
    place = {"instance_type": "c5.2xlarge", "availability_zone": "us-east-1a", "purchase_option": "spot"}
    named = {"id": "node-1", "type": "mmbatch.node.registered", "time": datetime.now(UTC).isoformat()}
    return {**event, **named, "data": {"node_id": "node-1", **place}}


@pytest.mark.parametrize("path", ["/", "/?engineering=1", "/jobs", "/jobs/job-000"])
def test_no_number_is_cut(rich_server: LiveServer, open_page: OpenPage, path: str) -> None:
    page = open_page(f"{rich_server.url}{path}", size=WIDE)
    shown = page.locator(".card-value, .ag-row:not(.ag-row-pinned) .ag-cell.num, .computed-value").first
    expect(shown).to_be_visible()
    page.wait_for_timeout(1000)
    assert page.evaluate(CUT) == []


def test_all_money_and_the_ends_of_ids_are_seen_at_1440(rich_server: LiveServer, open_page: OpenPage) -> None:
    # A zone without a name of its own: its offset is longer than UTC.
    page = open_page(f"{rich_server.url}/jobs?sort=-cost_usd&tz=Asia/Kathmandu", size=WIDE)
    row = page.locator(".ag-row:not(.ag-row-pinned)").filter(has_text=":1").first
    expect(row).to_be_visible()
    expect(page.locator(".ag-floating-top [col-id=cost_usd]")).to_contain_text("$")
    page.wait_for_timeout(500)
    assert page.evaluate(HIDDEN_BY_THE_GRID) == []
    times = page.locator(".ag-row:not(.ag-row-pinned) .ag-cell[col-id=submitted_at]")
    expect(times.first).to_contain_text("+0545")
    assert times.evaluate_all("(cells) => cells.every((one) => one.scrollWidth <= one.clientWidth)")
    for column, end in (("job_id", "1f0c11:1"), ("name", "rt-001")):
        tail = page.locator(f".ag-cell[col-id={column}] .id-tail").filter(has_text=end).first
        expect(tail).to_be_visible()
        assert tail.evaluate(INSIDE)


def test_a_click_while_the_server_is_gone_is_said_at_once_and_repeated_when_it_is_back(
    start_server: Callable[..., LiveServer], restart_server: Restart, chromium: Browser
) -> None:
    server = start_server()
    server.post(build_events())
    server.wait_for_jobs(60)
    # A window of its own: a browser writes every refused connection into its console.
    context = chromium.new_context(viewport={"width": WIDE[0], "height": WIDE[1]})
    page = context.new_page()
    page.goto(server.url)
    expect(page.locator("#dashboard-card-total_jobs .card-value")).to_contain_text("60")
    server.process.send_signal(signal.SIGTERM)
    server.process.wait(timeout=30)
    page.get_by_role("link", name="Nodes").click()
    expect(page.locator("html.is-away")).to_be_attached(timeout=5_000)
    expect(page.locator(".freshness-state")).to_be_visible()
    expect(page.get_by_role("heading", name="Dashboard")).to_be_hidden()
    page.get_by_role("link", name="Jobs").click()
    restart_server(server)
    expect(page.get_by_role("heading", name="Jobs", exact=True)).to_be_visible()
    expect(page.locator("#shell-nav a[aria-current]")).to_have_text("Jobs")
    expect(page.locator("html.is-away")).not_to_be_attached()
    expect(page.locator(".ag-row:not(.ag-row-pinned)").first).to_be_visible()
    expect(page).to_have_title("Jobs · MMBatch Dash")
    context.close()


def test_a_page_on_its_way_out_takes_no_clicks(rich_server: LiveServer, open_page: OpenPage) -> None:
    page = open_page(rich_server.url)
    expect(page.locator("#dashboard-queues tbody tr").first).to_be_visible()
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route) if "shell-content" in (route.request.post_data or "") else route.continue_()

    page.route("**/_dash-update-component*", hold)
    page.get_by_role("link", name="Nodes").click()
    expect(page.locator("#shell-main[inert]")).to_be_attached()
    while not held:
        page.wait_for_timeout(50)
    held[0].continue_()
    expect(page.get_by_role("heading", name="Nodes", level=1)).to_be_visible()
    expect(page.locator("#shell-main[inert]")).not_to_be_attached()


def test_every_control_of_the_bar_is_reached_and_used_by_typing(rich_server: LiveServer, open_page: OpenPage) -> None:
    page = open_page(rich_server.url)
    expect(page.locator("#dashboard-queues tbody tr").first).to_be_visible()
    page.locator("#filters-tz").focus()
    page.keyboard.type("kolk")
    page.keyboard.press("Tab")
    expect(page.locator("#filters-tz")).to_have_value("Asia/Kolkata")
    page.locator("#filters-range").focus()
    page.keyboard.type("Prev")
    expect(page.locator("#filters-chips")).to_contain_text("previous month")
    page.locator("#filters-range").focus()
    page.keyboard.type("All")
    expect(page.locator("#filters-chips")).to_contain_text("All jobs, all time")
    page.locator("#filters-queue").focus()
    page.keyboard.press("Enter")
    page.keyboard.type("align")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(page.locator("#filters-chips")).to_contain_text("align")
    assert "tz=Asia%2FKolkata" in page.url
    assert "range=all" in page.url


def test_keys_pressed_before_a_menu_has_the_focus_are_not_lost(rich_server: LiveServer, open_page: OpenPage) -> None:
    page = open_page(rich_server.url)
    expect(page.locator("#dashboard-queues tbody tr").first).to_be_visible()
    expect(page.locator("#filters-queue")).to_be_visible()
    page.evaluate(SLOW_FRAMES)
    page.locator("#filters-queue").focus()
    for key in ("Enter", "ArrowDown", "ArrowDown", "Enter", "Escape"):
        page.keyboard.press(key)
    expect(page.locator("#filters-chips")).to_contain_text("Queue")
    expect(page).to_have_url(re.compile("[?&]queue=call$"))
    expect(page.locator(".dash-dropdown-content")).to_have_count(0)


def test_news_leave_the_focus_in_an_open_menu_where_it_is(rich_server: LiveServer, open_page: OpenPage) -> None:
    page = open_page(rich_server.url)
    wait_until(page, "((window.mmbatchOptions || {}).queue || []).length > 1")
    page.locator("#filters-queue").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_placeholder("Search queue")).to_be_focused()
    page.keyboard.press("ArrowDown")
    option = page.locator(".dash-dropdown-content input[type=checkbox]").first
    expect(option).to_be_focused()
    page.evaluate(NEW_QUEUE)
    # Whatever would take the focus does so within a frame of the news.
    page.evaluate("new Promise((next) => requestAnimationFrame(() => requestAnimationFrame(() => next())))")
    expect(option).to_be_focused()
    page.keyboard.press("Escape")
    wait_until(page, "window.mmbatchOptions.queue.includes('of-today')")


def test_every_menu_is_opened_and_chosen_from_by_keys_alone(rich_server: LiveServer, open_page: OpenPage) -> None:
    page = open_page(rich_server.url)
    expect(page.locator("#dashboard-queues tbody tr").first).to_be_visible()
    page.locator("#dashboard-where-by").focus()
    page.keyboard.type("User")
    expect(page.locator("#dashboard-where thead")).to_contain_text("User")
    names = ("queue", "status", "instance_type", "purchase_option", "user", "definition", "tag")
    assert set(names) == set(LIST_CONTROLS)
    for chosen, name in enumerate(names, start=1):
        page.locator(f"#{LIST_CONTROLS[name]}").focus()
        page.keyboard.press("Enter")
        expect(page.locator(".dash-dropdown-search")).to_be_focused()
        page.keyboard.press("ArrowDown")
        expect(page.locator(".dash-dropdown-content input[type=checkbox]").first).to_be_focused()
        page.keyboard.press("Enter")
        page.keyboard.press("Escape")
        expect(page.locator("#filters-chips .chip")).to_have_count(chosen + 1)
        expect(page).to_have_url(re.compile(rf"[?&]{name}="))
    page.locator("#filters-basis").focus()
    page.keyboard.type("Comp")
    expect(page).to_have_url(re.compile("[?&]basis=completed"))
    page.locator(".report-menu summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.locator(".report-months a").first).to_be_focused()


def test_the_menus_of_jobs_and_nodes_are_used_by_keys_alone(rich_server: LiveServer, open_page: OpenPage) -> None:
    page = open_page(f"{rich_server.url}/jobs")
    expect(page.locator(".ag-row:not(.ag-row-pinned) .ag-cell").first).to_be_visible()
    page.locator(".column-chooser summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    first = page.locator(".column-chooser input[type=checkbox]").first
    expect(first).to_be_focused()
    head = page.locator(f".ag-header-cell[col-id={first.get_attribute('value')}]")
    expect(head).to_have_count(1)
    page.keyboard.press("Space")
    expect(head).to_have_count(0)
    page.keyboard.press("Space")
    expect(head).to_have_count(1)
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Nodes").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#nodes-zone option")).to_have_count(2)
    for menu, typed, asked in (
        ("type", "c5", "instance_type=c5.2xlarge"),
        ("zone", "us-east-1a", "availability_zone=us-east-1a"),
        ("option", "spot", "purchase_option=spot"),
        ("heard", "Within 7", "heard=7d"),
    ):
        expect(page.locator(f"#nodes-{menu}")).to_contain_text(typed, ignore_case=True)
        page.locator(f"#nodes-{menu}").focus()
        page.keyboard.type(typed)
        expect(page).to_have_url(re.compile(rf"[?&]{asked}"))
    page.locator("a.node-state").last.focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("state="))


def test_the_links_of_the_bar_and_what_stands_at_its_right_never_lie_on_each_other(
    rich_server: LiveServer, open_page: OpenPage
) -> None:
    # Another zone than the browser's: it is offered, which takes room.
    page = open_page(f"{rich_server.url}/nodes?tz=Asia/Kathmandu")
    expect(page.locator(".tz-own")).to_be_visible()
    for width in (1440, 1280, 1024, 800, 390):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(APART), width
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), width


def test_the_dashboard_prints_on_few_full_sheets(rich_server: LiveServer, open_page: OpenPage) -> None:
    page = open_page(rich_server.url)
    expect(page.locator("#dashboard-reclaims .heatmaplayer image").first).to_be_attached()
    sheets = page.pdf(prefer_css_page_size=True, print_background=True)
    assert len(re.findall(rb"/Type\s*/Page\b", sheets)) <= 3
    widths = page.evaluate("[...document.querySelectorAll('.panel-row .js-plotly-plot')].map((p) => p.clientWidth)")
    # Afterwards charts are as wide as their panels on the screen again.
    assert max(widths) < WIDE[0]
