"""Nothing that axe-core finds, on any page, in both themes and at both widths."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NARROW, WIDE, LiveServer
from tests.browser.test_sign_in_journey import PASSWORD, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.slow]

OpenPage = Callable[..., Page]
AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text(encoding="utf-8")
FIND = """async () => (await axe.run(document, {resultTypes: ['violations']})).violations.flatMap((rule) =>
    rule.nodes.map((node) => `${rule.id}: ${node.html.slice(0, 160)}`))"""
SEEN = {
    "/": "#dashboard-queues tbody tr",
    "/?engineering=1&queue=align": ".work-figures",
    "/?range=all&queue=none-such": ".notice",
    "/jobs": ".ag-row:not(.ag-row-pinned) .ag-cell",
    "/jobs/job-000": ".computed-value",
    "/nodes": "#nodes-scope",
    "/insight?range=all": ".insight-row",
    "/configuration": "#configuration-scope",
    "/alerts": "h1",
    "/bill": "h1",
    "/connect": "h1",
    "/admin/quarantine": "#quarantine-scope",
    "/admin/disowned": "#disowned-none",
    "/admin/storage": "#server-storage dd",
    "/admin/users": "h1",
    "/admin/tokens": "h1",
    "/admin/audit": "h1",
    "/admin/cognito": "h1",
    "/account": "h1",
    "/api/docs": "h1",
}
"""Path → what is there once the page is."""
OPENED = {"/": ".report-menu summary", "/jobs": ".column-chooser summary"}
"""Path → the menu that is open there while axe looks."""
LOOKS = [(theme, size) for size in (WIDE, NARROW) for theme in ("light", "dark")]
SHARES = 2
"""The pages are walked in as many tests, which the workers share out."""


@pytest.fixture(autouse=True)
def patience() -> None:
    """Pages may be slow on a machine that others use too; they may not be wrong."""
    expect.set_options(timeout=30_000)


def findings(page: Page, seen: str) -> list[str]:
    """What axe finds on the page as it stands, at each width and in each theme."""
    expect(page.locator(seen).first).to_be_visible()
    # Parts that come with scripts of their own, menus above all.
    page.wait_for_load_state("networkidle")
    page.evaluate(AXE)
    found: list[str] = []
    for theme, size in LOOKS:
        page.set_viewport_size({"width": size[0], "height": size[1]})
        page.emulate_media(color_scheme=theme)
        page.wait_for_timeout(300)
        expect(page.locator(seen).first).to_be_visible()
        found += [f"{theme} {size[0]}: {one}" for one in page.evaluate(FIND)]
    return found


@pytest.mark.parametrize("share", range(SHARES))
def test_axe_finds_nothing_on_any_page(live_server: LiveServer, open_page: OpenPage, share: int) -> None:
    page = open_page(f"{live_server.url}/account")
    found = {}
    for path, seen in list(SEEN.items())[share::SHARES]:
        page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})
        page.goto(f"{live_server.url}{path}")
        if path in OPENED:
            expect(page.locator("#first-look")).to_have_count(0)
            page.locator(OPENED[path]).click()
        found[path] = findings(page, seen)
    assert {path: one for path, one in found.items() if one} == {}


def test_axe_finds_nothing_at_the_door_and_on_the_first_page(
    start_server: Callable[..., LiveServer], open_page: OpenPage, project: Path
) -> None:
    server = start_server()
    command = [sys.executable, "-m", "mmbatch_dash", "auth", "add-user", "alice", "--role", "admin"]
    more = ["--password-stdin", "--data-dir", str(server.data_dir)]
    subprocess.run([*command, *more], input=PASSWORD, text=True, check=True, cwd=project)
    page = open_page(server.url)
    assert findings(page, "button") == []
    sign_in(page, "alice")
    assert findings(page, ".steps") == []
