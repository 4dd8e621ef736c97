"""What an address asks for."""

from datetime import UTC, datetime, timedelta

import pytest

from mmbatch_dash.pages.defaults import PageDefaults
from mmbatch_dash.pages.filters.chips import describe_range
from mmbatch_dash.pages.filters.view import RANGES, parse_view

NOW = datetime(2026, 3, 31, 12, 2, 10, tzinfo=UTC)
DEFAULTS = PageDefaults()


@pytest.mark.parametrize("key", RANGES)
def test_a_relative_range_ends_at_or_just_after_now_and_has_its_length(key: str) -> None:
    view = parse_view(f"?range={key}", NOW, DEFAULTS)
    length, step = RANGES[key]
    assert view.selection.from_at is not None
    assert view.selection.to_at is not None
    assert timedelta(0) <= view.selection.to_at - NOW < step
    assert view.selection.to_at - view.selection.from_at == length


def test_a_relative_range_asks_the_same_again_within_its_step() -> None:
    later = NOW + timedelta(minutes=20)
    assert parse_view("?range=30d", NOW, DEFAULTS) == parse_view("?range=30d", later, DEFAULTS)


def test_a_link_stays_relative() -> None:
    assert parse_view("?range=7d&queue=a", NOW, DEFAULTS).link("/", queue=["b"]) == "/?range=7d&queue=b"


def test_nothing_in_the_address_means_the_last_thirty_days_and_a_link_says_nothing_either() -> None:
    view = parse_view("", NOW, DEFAULTS)
    assert view.selection == parse_view("?range=30d", NOW, DEFAULTS).selection
    assert describe_range(view) == "last 30 days"
    assert parse_view("?range=all", NOW, DEFAULTS).selection.to_query() == {}
    assert view.problems == ()
    assert view.link("/") == "/"


@pytest.mark.parametrize(
    ("search", "named"),
    [
        ("?range=1y", "range: '1y'"),
        ("?range=7d&from=2026-03-01", "range: stands beside"),
        ("?basis=started", "basis: 'started'"),
        ("?from=2026-13-01", "2026-13-01"),
        ("?from=2026-03-02&to=2026-03-01T00:00Z", "from: lies after"),
        ("?purchase_option=cheap", "purchase_option: 'cheap'"),
        (f"?q={'x' * 600}", "600 characters"),
        ("?tz=../../etc/passwd", "tz:"),
    ],
)
def test_a_bad_value_is_named_and_left_out_and_the_rest_holds(search: str, named: str) -> None:
    view = parse_view(f"{search}&queue=keep", NOW, DEFAULTS)
    assert view.selection.queue == ("keep",)
    assert any(named in problem for problem in view.problems)


@pytest.mark.parametrize(
    ("key", "zone", "first", "end"),
    [
        ("last-month", "UTC", "2026-02-01T00:00:00+00:00", "2026-03-01T00:00:00+00:00"),
        ("last-month", "Asia/Kolkata", "2026-01-31T18:30:00+00:00", "2026-02-28T18:30:00+00:00"),
        ("month", "Pacific/Auckland", "2026-03-31T11:00:00+00:00", "2026-03-31T13:00:00+00:00"),
    ],
)
def test_months_begin_and_end_where_the_reader_lives(key: str, zone: str, first: str, end: str) -> None:
    selection = parse_view(f"?range={key}&tz={zone}", NOW, DEFAULTS).selection
    assert (selection.from_at, selection.to_at) == (datetime.fromisoformat(first), datetime.fromisoformat(end))


def test_whole_days_are_described_as_days_and_the_last_is_included() -> None:
    view = parse_view("?from=2026-03-28&to=2026-03-29&tz=Europe/Berlin", NOW, DEFAULTS)
    assert describe_range(view) == "2026-03-28 to 2026-03-29"


def test_an_open_end_is_described_in_words() -> None:
    view = parse_view("?from=2026-03-28T06:30Z", NOW, DEFAULTS)
    assert describe_range(view) == "2026-03-28 06:30 UTC to now"
