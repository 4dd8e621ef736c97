"""What a browser gets first: the page of its address with the figures in it, and no script it does not use."""

import gzip
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from plotly.offline import get_plotlyjs_version

from mmbatch_dash.domain.selection import Selection
from mmbatch_dash.pages.scripts import PLOTLY
from mmbatch_dash.pages.shell import ASSETS
from tests.pages.conftest import Browser, text_of
from tests.pages.fakes import Dashboard

Browse = Callable[..., Browser]


def open_at(browser: Browser, path: str, search: str = "") -> dict[str, dict[str, Any]]:
    """The properties of every part with an id in the layout of an address."""
    answer = browser.client.get("/_dash-layout?" + urlencode({"path": path, "search": search}))
    assert answer.status_code == 200
    found: dict[str, dict[str, Any]] = {}

    def walk(part: Any) -> None:
        if isinstance(part, list):
            for one in part:
                walk(one)
        elif isinstance(part, dict) and "props" in part:
            if part["props"].get("id"):
                found[part["props"]["id"]] = part["props"]
            walk(part["props"].get("children"))

    walk(answer.get_json())
    return found


def test_the_dashboard_comes_with_its_figures(browse: Browse) -> None:
    browser = browse()
    # The HTML holds the figures of its own address; with its first request Dash also tries the layout on its own.
    browser.client.get("/")
    parts = open_at(browser, "/", "?queue=align&tz=Europe/Berlin")
    assert re.search(r"\d", text_of(parts["dashboard-card-total_jobs"]["children"]))
    assert parts["dashboard-cost"]["figure"]["data"]
    assert parts["filters-queue"]["value"] == ["align"]
    assert "align" in text_of(parts["filters-chips"]["children"])
    assert parts["filters-tz"]["value"] == "Europe/Berlin"
    assert parts["shell-location"]["search"] == "?queue=align&tz=Europe/Berlin"
    assert parts["shell-token"]["data"].startswith("1.")
    assert [selection.queue for selection, _ in browser.reports.asked[1:]] == [("align",)]


def test_what_came_with_the_page_is_not_sent_again(browse: Browse) -> None:
    browser = browse()
    parts = open_at(browser, "/")
    values = {
        "shell-location.search": "",
        "dashboard-reclaims-key.value": "instance_type",
        "dashboard-digests.data": parts["dashboard-digests"]["data"],
    }
    answer = browser.call("dashboard-cost", "figure", **values)
    assert set(answer) == {"side:shell-problem"}


def test_no_callback_asks_the_server_again_when_the_page_opens(browse: Browse) -> None:
    asking = [spec for spec in browse().specs() if not spec.get("clientside_function")]
    shell = ("shell-", "filters-", "dashboard-", "..shell-", "..filters-", "..dashboard-")
    at_once = [
        spec["output"] for spec in asking if spec["output"].startswith(shell) and not spec["prevent_initial_call"]
    ]
    assert at_once == []


def test_figures_that_cannot_be_read_leave_the_page_standing_and_say_so(browse: Browse) -> None:
    def fail(_selection: Selection) -> Dashboard:
        raise RuntimeError("no")

    parts = open_at(browse(fail), "/")
    assert "could not be brought up to date" in text_of(parts["shell-problem"]["children"])
    assert "dashboard-cost" in parts


def test_an_address_of_another_page_opens_it_and_an_unknown_one_says_so(browse: Browse) -> None:
    browser = browse()
    assert "jobs-scope" in open_at(browser, "/jobs")
    lost = open_at(browser, "/nowhere")
    assert "There is no such page" in text_of(lost["shell-content"]["children"])
    assert lost["filters-bar"]["hidden"] is True


def test_only_the_page_with_a_grid_waits_for_the_grid(browse: Browse) -> None:
    client = browse().client
    grid = re.compile(r'<script src="[^"]*dash_ag_grid')
    assert not grid.search(client.get("/").text)
    assert grid.search(client.get("/jobs").text)


def test_the_html_of_a_page_is_small(browse: Browse) -> None:
    packed = browse().client.get("/", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "first-look" in gzip.decompress(packed.data).decode()
    assert len(packed.data) < 12_000


def test_the_charts_library_is_the_one_that_plotly_speaks_to(browse: Browse) -> None:
    assert get_plotlyjs_version() in PLOTLY
    assert (Path(ASSETS) / PLOTLY).is_file()
    assert f'data-plotly="/assets/{PLOTLY}"' in browse().client.get("/").text


def test_scripts_and_styles_travel_packed_and_are_kept(browse: Browse) -> None:
    client = browse().client
    packed = client.get(f"/assets/{PLOTLY}", headers={"Accept-Encoding": "gzip"}, buffered=True)
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == (Path(ASSETS) / PLOTLY).read_bytes()
    assert "immutable" in packed.headers["Cache-Control"]
    assert "Accept-Encoding" in packed.headers["Vary"]
    for src in re.findall(r'<script src="(/_dash-component-suites/[^"]+)"', client.get("/").text):
        assert "immutable" in client.get(src).headers["Cache-Control"], src


@pytest.mark.parametrize(
    ("search", "shown"),
    [
        ("", "Last 30 days"),
        ("?range=all", "All time"),
        ("?range=last-month", "Previous month"),
        ("?from=2026-01-01&to=2026-02-01", "Dates …"),
    ],
)
def test_the_first_look_shows_the_filters_as_the_address_has_them(browse: Browse, search: str, shown: str) -> None:
    look = browse().client.get(f"/{search}").text.split('id="first-look"')[1]
    assert f'class="form-select filter-select filter-range"><option>{shown}</option>' in look
    for label in ("Queue", "Instance type", "Tag"):
        assert f"<option>{label}</option>" in look


def test_own_scripts_and_styles_come_as_one_file_each_that_holds_them_all_in_order(browse: Browse) -> None:
    client = browse().client
    page = client.get("/").text
    for kind, left in (("css", r"pages"), ("js", r"boot|ahead|pages")):
        own = re.findall(rf'(?:href|src)="(/assets/[\w.-]+\.{kind}[^"]*)"', page)
        assert all(re.match(rf"/assets/({left})\.{kind}", one) for one in own), own
        [bundle] = [one for one in own if "/pages." in one]
        sent = client.get(bundle)
        assert "immutable" in sent.headers["Cache-Control"]
        apart = {"boot.js", "ahead.js"}
        files = [file for file in sorted(Path(ASSETS).glob(f"*.{kind}")) if file.name not in apart]
        places = [sent.data.find(file.read_bytes()) for file in files]
        assert -1 not in places
        assert places == sorted(places)
    assert page.index("/pages.js") < page.index("dash_renderer")


def test_a_script_without_version_in_its_address_is_asked_for_again_but_not_sent_again(browse: Browse) -> None:
    client = browse().client
    # Dash knows its scripts once a page was asked for.
    client.get("/")
    url = "/_dash-component-suites/dash/dcc/async-dropdown.js"
    first = client.get(url, headers={"Accept-Encoding": "gzip"})
    again = client.get(url, headers={"Accept-Encoding": "gzip", "If-None-Match": first.headers["ETag"]})
    assert (first.status_code, again.status_code, again.data) == (200, 304, b"")
