"""The frame around pages: routing, freshness, unique ids, no outside addresses."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import flask
import pytest
from dash import Dash, html
from dash.development.base_component import Component

from mmbatch_dash.pages.dashboard import PAGE as DASHBOARD
from mmbatch_dash.pages.dashboard.ids import DashboardId
from mmbatch_dash.pages.filters.ids import FilterId
from mmbatch_dash.pages.ids import ShellId
from mmbatch_dash.pages.jobs.ids import JobId, JobsId
from mmbatch_dash.pages.nodes.ids import NodesId
from mmbatch_dash.pages.page import Page
from mmbatch_dash.pages.shell import ASSETS, PAGES
from tests.pages.conftest import Browser, dump, text_of
from tests.pages.fakes import FakeReports

Browse = Callable[..., Browser]


def walk(part: object) -> Iterator[Component]:
    if isinstance(part, Component):
        yield part
        yield from walk(getattr(part, "children", None))
    elif isinstance(part, list | tuple):
        for item in part:
            yield from walk(item)


def test_every_id_is_unique_over_all_pages(browse: Browse) -> None:
    ids = [part.id for part in walk(browse().app.validation_layout) if getattr(part, "id", None)]
    shell = {member.value for member in (*ShellId, *FilterId)}
    once = [name for name in ids if name not in shell]
    assert len(once) == len(set(once))
    assert all(ids.count(name) == 1 for name in shell if name in ids)


def test_every_named_id_exists(browse: Browse) -> None:
    ids = {getattr(part, "id", None) for part in walk(browse().app.validation_layout)}
    enums: tuple[type[StrEnum], ...] = (ShellId, FilterId, DashboardId, JobsId, JobId, NodesId)
    assert {member.value for kind in enums for member in kind} <= ids


def test_every_callback_speaks_to_ids_that_exist(browse: Browse) -> None:
    browser = browse()
    ids = {getattr(part, "id", None) for part in walk(browser.app.validation_layout)}
    for spec in browser.specs():
        for part in (*spec["inputs"], *spec["state"]):
            assert part["id"] in ids


def test_a_page_is_found_by_its_path_and_an_unknown_path_says_so(browse: Browse) -> None:
    browser = browse()
    found = browser.call("shell-content", "children", **{"shell-location.pathname": "/"})
    assert found["filters-bar"]["hidden"] is False
    lost = browser.call("shell-content", "children", **{"shell-location.pathname": "/nowhere"})
    assert "There is no such page" in text_of(lost["shell-content"]["children"])
    assert lost["filters-bar"]["hidden"] is True


def test_a_page_with_a_named_part_gets_it_unquoted(browse: Browse) -> None:
    def layout(job_id: str = "", **_query: object) -> Component:
        return html.Div(job_id, id="other-job")

    page = Page(path="/jobs/<job_id>", title="Job", layout=layout, register_callbacks=_nothing, in_bar=False)
    browser = browse(pages=(DASHBOARD, page))
    answer = browser.call("shell-content", "children", **{"shell-location.pathname": "/jobs/a%3A0%231"})
    assert text_of(answer["shell-content"]["children"]) == "a:0#1"


def _nothing(_app: Dash, _services: object, _context: object) -> None:
    """A page without callbacks."""


def test_only_pages_that_exist_are_linked(browse: Browse) -> None:
    links = [
        part for part in walk(browse(pages=(DASHBOARD,)).app.layout()) if getattr(part, "className", "") == "nav-item"
    ]
    assert [link.children for link in links] == ["Dashboard"]


def test_freshness_names_the_zone_of_the_page_and_says_live(browse: Browse) -> None:
    browser = browse()
    browser.reports.fresh = replace(browser.reports.fresh, as_of=datetime(2026, 3, 1, 13, 2, 10, tzinfo=UTC))
    answer = browser.call("shell-freshness", "children", **{"filters-tz.value": "Europe/Berlin"})
    assert text_of(answer["shell-freshness"]["children"]).split() == ["as", "of", "14:02:10", "CET", "live"]


@pytest.mark.parametrize(
    ("changes", "state"), [({"lag_seconds": 190.0}, "3 min behind"), ({"problem": "disk"}, "stuck")]
)
def test_freshness_says_when_the_figures_are_behind(browse: Browse, changes: dict[str, Any], state: str) -> None:
    browser = browse()
    browser.reports.fresh = replace(browser.reports.fresh, **changes)
    assert state in text_of(browser.call("shell-freshness", "children")["shell-freshness"]["children"])


def test_the_token_changes_only_with_the_data(browse: Browse) -> None:
    browser = browse()
    token = browser.call("shell-token", "data")["shell-token"]["data"]
    assert "shell-token" not in browser.call("shell-token", "data", **{"shell-token.data": token})
    browser.reports.number += 1
    assert browser.call("shell-token", "data", **{"shell-token.data": token})["shell-token"]["data"] != token


def test_simulated_data_are_marked_on_every_page(browse: Browse) -> None:
    browser = browse()
    assert browser.call("shell-banner", "hidden")["shell-banner"]["hidden"] is True
    browser.reports.fresh = replace(browser.reports.fresh, simulated=True)
    assert browser.call("shell-banner", "hidden")["shell-banner"]["hidden"] is False


def test_chips_link_to_the_view_without_them(browse: Browse) -> None:
    answer = browse().call(
        "filters-chips", "children", **{"shell-location.search": "?queue=a&queue=b&q=x", "shell-location.pathname": "/"}
    )
    chips = dump(answer["filters-chips"]["children"])
    assert '"href": "/?queue=b&q=x"' in chips
    assert '"href": "/?queue=a&queue=b"' in chips
    assert '"href": "/?range=all"' in chips


def test_a_bad_value_is_named_above_the_page(browse: Browse) -> None:
    answer = browse().call("filters-chips", "children", **{"shell-location.search": "?tz=Mars/Base&from=soon"})
    problems = text_of(answer["filters-problem"]["children"])
    assert "tz: 'Mars/Base' is not an IANA time zone" in problems
    assert "'soon' is not" in problems


def test_two_apps_in_one_process_do_not_meet(browse: Browse) -> None:
    one, other = browse(), browse()
    one.reports.fresh = replace(one.reports.fresh, simulated=True)
    assert other.call("shell-banner", "hidden")["shell-banner"]["hidden"] is True
    assert len(one.specs()) == len(other.specs())


def test_no_address_outside_this_host_is_in_page_or_assets(browse: Browse) -> None:
    allowed = ("http://www.w3.org/", "https://getbootstrap.com/", "https://github.com/twbs", "http://localhost")
    texts = [browse().client.get("/").text]
    texts += [path.read_text(encoding="utf-8") for path in Path(ASSETS).glob("*") if path.suffix in {".css", ".js"}]
    for text in texts:
        for scheme in ("http://", "https://"):
            for piece in text.split(scheme)[1:]:
                assert f"{scheme}{piece}".startswith(allowed)


def test_the_page_has_one_inline_script_and_its_hash_is_known(browse: Browse) -> None:
    browser = browse()
    inline = [part for part in browser.client.get("/").text.split("<script")[1:] if "src=" not in part.split(">")[0]]
    runnable = [part for part in inline if 'type="application/json"' not in part.split(">")[0]]
    assert len(runnable) == len(browser.app.csp_hashes()) == 1


def test_the_app_mounts_on_the_server_it_was_given() -> None:
    from mmbatch_dash.pages.shell import create_dash
    from tests.pages.fakes import FakeServices, small_dashboard

    server = flask.Flask("mine")
    app = create_dash(server, FakeServices(FakeReports(lambda selection, _mode: small_dashboard(selection))))
    assert app.server is server
    assert server.test_client().get("/").status_code == 200


def test_pages_outside_of_the_frame_have_the_links_of_its_bar(browse: Browse, project: Path) -> None:
    written = (project / "mmbatch_dash/auth/pages/templates/base.html").read_text(encoding="utf-8")
    links = re.findall(r'class="nav-item" href="([^"]+)">([^<]+)<', written)
    assert links == [(page.path, page.title) for page in PAGES if page.in_bar]
