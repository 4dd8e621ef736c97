"""Menus of filters with more values than they hold: the server finds what is typed."""

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.api.conftest import event
from tests.browser.conftest import LiveServer, wait_until

QUEUES = 450


def test_a_queue_that_no_menu_has_room_for_is_found_by_typing_and_chosen(
    start_server: Callable[..., LiveServer], open_page: Callable[..., Page], tmp_path: Path
) -> None:
    server = start_server()
    names = [f"queue-{number:04}" for number in range(QUEUES)]
    often = [event("job.submitted", 0, job_id=f"often-{n}", queue=name) for n, name in enumerate(names[:200])]
    once = [
        event("job.submitted", 0, job_id=f"job-{n}", queue=name, definition="align:7") for n, name in enumerate(names)
    ]
    server.post([*often, *once])
    server.wait_for_jobs(QUEUES + 200)
    page = open_page(f"{server.url}/jobs")
    wait_until(page, "((window.mmbatchOptions || {}).queue || []).length === 200")
    page.locator("#filters-queue").click()
    page.keyboard.type("e-0444")
    option = page.get_by_role("option", name="queue-0444")
    expect(option).to_be_visible()
    page.screenshot(path=str(tmp_path / "menu.png"))
    option.click()
    expect(page.locator("#filters-chips")).to_contain_text("queue-0444")
    expect(page).to_have_url(f"{server.url}/jobs?queue=queue-0444")
