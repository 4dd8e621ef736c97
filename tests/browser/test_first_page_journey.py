"""The steps of the first page, copied from the page and run as they stand, on a telephone too."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from mmbatch_dash.commands.demo import _on_a_free_port
from mmbatch_dash.settings import build_settings
from tests.browser.conftest import NARROW, WIDE, LiveServer
from tests.browser.test_sign_in_journey import PASSWORD, sign_in

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]
SLOW_LINE = """() => {
    const ask = window.fetch;
    window.fetch = async (...asked) => {
        await new Promise((next) => setTimeout(next, 1500));
        return ask(...asked);
    };
}"""


@pytest.fixture(autouse=True)
def patience() -> None:
    """Pages may be slow on a machine that others use too; they may not be wrong."""
    expect.set_options(timeout=30_000)


def run_as_copied(page: Page, step: str, folder: Path) -> str:
    """What a shell says to the text that the step's copy button gives."""
    copy = page.locator(f"#dashboard-first-run-{step} ~ .copy-id")
    copy.click()
    expect(copy).to_have_class(re.compile("copied"))
    text = page.evaluate("navigator.clipboard.readText()")
    done = subprocess.run(["bash", "-e", "-c", text], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("with_login", [False, True])
def test_an_import_works_as_copied(
    start_server: Callable[..., LiveServer], open_page: OpenPage, project: Path, tmp_path: Path, with_login: bool
) -> None:
    server = start_server("dashboard:\n  refresh: 1s\n")
    if with_login:
        command = [sys.executable, "-m", "mmbatch_dash", "auth", "add-user", "alice", "--role", "admin"]
        more = ["--password-stdin", "--data-dir", str(server.data_dir)]
        subprocess.run([*command, *more], input=PASSWORD, text=True, check=True, cwd=project)
    page = open_page(server.url, size=NARROW if with_login else WIDE)
    if with_login:
        sign_in(page, "alice")
    expect(page.get_by_role("heading", name="No job has arrived yet")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    imported = run_as_copied(page, "import", tmp_path)
    assert '"new":3' in imported.replace(" ", "")
    expect(page.locator("#dashboard-card-total_jobs .card-value")).to_contain_text("1")


def test_the_first_event_fills_the_page(
    start_server: Callable[..., LiveServer], open_page: OpenPage, tmp_path: Path
) -> None:
    server = start_server("dashboard:\n  refresh: 1s\n")
    page = open_page(server.url)
    expect(page.locator("#first-look")).to_have_count(0)
    # Each answer takes longer than the pause between two looks for news.
    page.evaluate(SLOW_LINE)
    assert '"accepted":1' in run_as_copied(page, "curl", tmp_path).replace(" ", "")
    expect(page.locator("#dashboard-card-total_jobs .card-value")).to_contain_text("1")


def test_files_can_be_dropped_and_what_was_refused_is_a_click_away(
    start_server: Callable[..., LiveServer], open_page: OpenPage, tmp_path: Path
) -> None:
    server = start_server()
    page = open_page(server.url)
    expect(page.get_by_role("heading", name="No job has arrived yet")).to_be_visible()
    with page.expect_file_chooser() as choosing:
        page.get_by_role("button", name="Drop files here").click()
    told = "\n".join(
        f'{{"specversion": "1.0", "id": "{n}", "source": "/f", "type": "mmbatch.job.submitted", '
        f'"time": "{time}", "data": {{"job_id": "dropped-{n}"}}}}'
        for n, time in enumerate(("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", "not a time"))
    )
    (tmp_path / "mine.ndjson").write_text(told)
    choosing.value.set_files(tmp_path / "mine.ndjson")
    expect(page.locator(".drop-told")).to_contain_text("mine.ndjson: 2 new, 0 known already, 1 in quarantine")
    server.wait_for_jobs(2)
    page.goto(f"{server.url}/?range=all")
    expect(page.locator("#dashboard-card-total_jobs .card-value")).to_contain_text("2")
    page.get_by_role("link", name="1 entry in quarantine").click()
    expect(page.get_by_role("heading", name="Quarantine")).to_be_visible()
    page.get_by_role("button", name="Retry").click()
    expect(page.locator("#quarantine-told")).to_contain_text("1 entry still refused")
    page.get_by_role("button", name="Dismiss", exact=True).click()
    # News that draw the table anew do not take the question away.
    page.evaluate("dash_clientside.set_props('quarantine-digests', {data: null})")
    page.evaluate("dash_clientside.set_props('shell-token', {data: 'news'})")
    page.get_by_role("button", name="Dismiss for good").click()
    expect(page.locator("#quarantine-told")).to_contain_text("1 entry dismissed")
    expect(page.locator("#quarantine-table")).to_contain_text("Nothing is kept aside")


def test_the_demo_finds_an_address_of_its_own_beside_a_running_server(
    start_server: Callable[..., LiveServer], tmp_path: Path
) -> None:
    server = start_server(by_config=True)
    (tmp_path / "config.yaml").write_text((server.data_dir / "config.yaml").read_text())
    beside = _on_a_free_port(build_settings(tmp_path, simulated=True))
    assert beside.port == 0
    named = build_settings(tmp_path, port=18_080, simulated=True)
    assert _on_a_free_port(named) == named
