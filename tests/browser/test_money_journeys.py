"""An alert is seen, silenced and its channel tried; what a bill differs by is explained to the cent."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import Page, expect

from tests.bill import made
from tests.browser.conftest import LiveServer
from tests.browser.fleet import build_events

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]
WAITING = 1
"""The second event of the fleet is the first of a job that is submitted, started and taken away."""


@pytest.fixture(autouse=True)
def patience() -> None:
    """Pages may be slow on a machine that others use too; they may not be wrong."""
    expect.set_options(timeout=60_000)


@pytest.fixture(scope="module")
def told() -> list[str]:
    """What came to the channel."""
    return []


@pytest.fixture(scope="module")
def channel(told: list[str]) -> Iterator[str]:
    """An address that takes messages."""

    class Ear(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_said: object) -> None:
            """Says nothing."""

    ear = HTTPServer(("127.0.0.1", 0), Ear)
    Thread(target=ear.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{ear.server_port}/"
    ear.shutdown()
    ear.server_close()


@pytest.fixture(scope="module")
def money_server(start_server: Callable[..., LiveServer], channel: str) -> LiveServer:
    """A month with its bill, and a job that waits for an instance and gets none."""
    server = start_server(f"dashboard:\n  refresh: 1s\nalerts:\n  channels:\n    ops:\n      url: {channel}\n")
    server.post([*made.told(), *build_events()[WAITING : WAITING + 4]])
    server.wait_for_jobs(9)
    return server


def test_an_alert_is_seen_silenced_and_its_channel_tried(
    money_server: LiveServer, open_page: OpenPage, told: list[str]
) -> None:
    page = open_page(f"{money_server.url}/alerts")
    expect(page.locator("#alerts-open")).to_contain_text("stuck-runnable")
    page.locator("#alerts-channel").select_option("ops")
    page.locator("#alerts-test").click()
    expect(page.locator("#alerts-told")).to_contain_text("ops")
    assert len(told) == 1
    page.locator("#alerts-silence-rule").select_option("stuck-runnable")
    page.locator("#alerts-silence-note").fill("More instances are on their way")
    page.locator("#alerts-silence-note").blur()
    page.locator("#alerts-silence").click()
    expect(page.locator("#alerts-silences")).to_contain_text("stuck-runnable")
    expect(page.locator("#alerts-silences")).to_contain_text("More instances are on their way")


def test_the_causes_on_the_page_sum_to_the_difference(
    money_server: LiveServer, open_page: OpenPage, tmp_path: Path
) -> None:
    page = open_page(f"{money_server.url}/bill")
    expect(page.locator("#bill-files")).to_contain_text("No bill")
    expect(page.locator("#bill-export")).to_be_hidden()
    with page.expect_file_chooser() as chooser:
        page.locator(".drop-zone").click()
    chooser.value.set_files(made.write_cur(tmp_path / "bill.csv"))
    expect(page.locator(".drop-told")).to_contain_text("bill.csv: ")
    expect(page.locator("#bill-files tbody")).to_contain_text("bill.csv")
    expect(page.locator("#bill-export")).to_be_visible()
    cells = page.locator("#bill-causes tbody tr td.num")
    expect(cells.last).to_be_visible()
    exact = [Decimal(cell) for cell in cells.evaluate_all("(cells) => cells.map((one) => one.title)")]
    assert len(exact) > 5
    assert sum(exact[:-1]) == exact[-1]
    assert exact[-1] != 0
