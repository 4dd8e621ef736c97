"""Firefox shows and does the same: one journey through the pages, its console empty."""

import json
from pathlib import Path
from urllib.request import urlopen

import pytest

from mmbatch_dash.domain.units import format_count, format_usd
from mmbatch_dash.pages.shell import PAGES
from tests.browser.conftest import LiveServer
from tests.browser.firefox import find_firefox, start_firefox

pytestmark = pytest.mark.browser
FIREFOX = find_firefox()
ROOT = "document.querySelector('#react-entry-point')"


@pytest.mark.skipif(FIREFOX is None, reason="Firefox is not installed (Debian: firefox-esr)")
def test_one_journey_through_all_pages_in_firefox(live_server: LiveServer, tmp_path: Path) -> None:
    with urlopen(f"{live_server.url}/api/v1/summary", timeout=30) as answer:  # noqa: S310 - our own server
        told = json.load(answer)["figures"]
    with start_firefox(str(FIREFOX), tmp_path) as firefox:
        firefox.open(f"{live_server.url}/?range=all")
        for card, value in (
            ("total_jobs", format_count(told["total_jobs"])),
            ("cost_usd", format_usd(told["cost_usd"]["value"])),
        ):
            shown = f"{ROOT}.querySelector('#dashboard-card-{card} .card-value')?.textContent"
            firefox.wait_for(f"{shown}?.startsWith({value!r})")
        firefox.wait_for("document.querySelectorAll('.js-plotly-plot .main-svg').length > 3")
        for page in PAGES:
            if not page.in_bar or page.path == "/":
                continue
            firefox.read(f"{ROOT}.querySelector(`#shell-nav a[href^='{page.path}']`).click()")
            title = firefox.wait_for(
                f"{ROOT}.querySelector('#shell-main:not([inert]) h1')?.textContent === {page.title!r}"
            )
            assert title
            firefox.wait_for(f"document.title === {f'{page.title} · MMBatch Dash'!r}")
            assert firefox.read("document.documentElement.scrollWidth <= innerWidth"), page.path
        firefox.wait_for(f"{ROOT}.querySelectorAll('.configuration-field').length > 50")
        firefox.open(f"{live_server.url}/jobs/job-000")
        firefox.wait_for(f"{ROOT}.querySelectorAll('.computed-value').length > 5")
        assert firefox.complaints == []
