"""The page as it comes before any script: what a text browser, a preview and the first paint show."""

import html as entities
import re
from collections.abc import Callable

import dash_bootstrap_components as dbc
from dash import dcc, html

from mmbatch_dash.pages.markup import render_markup
from tests.pages.conftest import Browser
from tests.pages.fakes import busy_dashboard, small_dashboard

Browse = Callable[..., Browser]


def text_before_script(browser: Browser, address: str = "/") -> str:
    page = browser.client.get(address).get_data(as_text=True)
    look = page.split('<div id="first-look">')[1].split("<footer>")[0]
    return re.sub(r"\s+", " ", entities.unescape(re.sub(r"<[^>]*>", " ", look)))


def test_headline_sentence_and_queue_table_come_with_the_html(browse: Browse) -> None:
    text = text_before_script(browse(), "/?range=all")
    assert "All time: 2 jobs cost at least $1.07" in text
    assert "Total EC2 Instance Cost i" in text
    assert "$1.07 USD" in text
    assert "align 1 0 24.0 h $1.07 $0.63" in text
    assert "Loading" not in text


def test_the_title_names_the_page_and_the_filters_hold(browse: Browse) -> None:
    browser = browse(busy_dashboard)
    assert "<title>Jobs · MMBatch Dash</title>" in browser.client.get("/jobs").get_data(as_text=True)
    text_before_script(browser, "/?queue=adhoc&range=7d")
    assert browser.reports.asked[-1][0].queue == ("adhoc",)


def test_texts_are_text_and_attributes_cannot_be_left(browse: Browse) -> None:
    hostile = '"><script>alert(1)</script>'
    tree = html.Div([dcc.Link(hostile, href=hostile, title=hostile), html.P(hostile, **{"data-note": hostile})])
    assert "<script>" not in render_markup(tree)
    assert render_markup(dbc.Input(value=hostile, id=hostile)).count("<") == 1
    page = browse(small_dashboard).client.get(f"/?queue={hostile}").get_data(as_text=True)
    assert "<script>alert" not in page


def test_what_needs_a_script_is_left_out() -> None:
    tree = html.Div(
        [dcc.Store(id="s", data={"secret": 1}), dcc.Graph(id="g"), html.Br(), html.Button("b", hidden=True)]
    )
    assert render_markup(tree) == ('<div><div class="dash-graph chart"></div><br><button hidden>b</button></div>')


def test_ids_are_left_to_what_scripts_draw_and_names_still_lead_to_their_parts() -> None:
    tree = html.Div(
        [
            html.A("Skip", href="#main"),
            html.Label("Find", htmlFor="find"),
            dbc.Input(id="find"),
            dbc.Select(options=[]),
            html.Button("i", id="open", **{"aria-describedby": "tip more"}),
            html.Main(id="main"),
        ]
    )
    told = render_markup(tree)
    assert set(re.findall(r' id="([^"]*)"', told)) == {"first-find", "first-open", "first-main"}
    for reference in ('href="#first-main"', 'for="first-find"', 'aria-describedby="first-tip first-more"'):
        assert reference in told
