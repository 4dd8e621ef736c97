"""What was kept aside, through Dash's callback endpoint."""

from collections.abc import Callable
from typing import Any

from tests.pages.conftest import Browser, dump, text_of
from tests.pages.fakes import kept_aside

Browse = Callable[..., Browser]


def show(browser: Browser, search: str = "", settled: list[str] | None = None) -> dict[str, Any]:
    given = {"shell-location.search": search, "quarantine-settled.data": settled or []}
    return browser.call("quarantine-table", "children", **given)


def settle(browser: Browser, want: str, *ids: str) -> dict[str, Any]:
    return browser.call("quarantine-told", "children", **{"quarantine-wish.data": {"want": want, "ids": list(ids)}})


def test_each_entry_says_why_it_was_refused_and_shows_what_was_received(browse: Browse) -> None:
    browser = browse()
    browser.rejects.rows = kept_aside(3)
    answer = show(browser, "?tz=Asia/Kolkata")
    assert text_of(answer["quarantine-scope"]["children"]) == "3 entries, times in Asia/Kolkata"
    text = text_of(answer["quarantine-table"]["children"])
    assert text.count("time: is required") == 3
    assert '{"id": "<b>"}' in text
    assert "2026-03-31 17:32 IST" in text
    assert "Retry these 3" in text


def test_fifty_stand_on_a_page_and_a_link_leads_to_the_next(browse: Browse) -> None:
    browser = browse()
    browser.rejects.rows = kept_aside(60)
    assert '"href": "/admin/quarantine?after=r49"' in dump(show(browser)["quarantine-table"]["children"])
    rest = show(browser, "?after=r49")
    assert text_of(rest["quarantine-table"]["children"]).count("time: is required") == 10
    assert "Next" not in text_of(rest["quarantine-table"]["children"])


def test_a_retry_says_what_entered_and_why_the_rest_did_not(browse: Browse) -> None:
    browser = browse()
    browser.rejects.rows = kept_aside(2)
    browser.rejects.understood = {"r0"}
    answer = settle(browser, "retry", "r0", "r1")
    told = text_of(answer["quarantine-told"]["children"])
    assert "1 entry understood now and taken in" in told
    assert "1 entry still refused: time: is required" in told
    assert answer["quarantine-settled"]["data"] == ["r0"]
    left = show(browser, settled=["r0"])
    assert text_of(left["quarantine-scope"]["children"]).startswith("1 entry")


def test_what_is_dismissed_leaves_the_list(browse: Browse) -> None:
    browser = browse()
    browser.rejects.rows = kept_aside(1)
    assert "1 entry dismissed" in text_of(settle(browser, "dismiss", "r0")["quarantine-told"]["children"])
    assert "Nothing is kept aside" in text_of(show(browser)["quarantine-table"]["children"])
