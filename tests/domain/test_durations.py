"""Durations are read and written as Go does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmbatch_dash.domain.durations import LONGEST, Duration, parse_duration


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("1h0m0s", "1h0m0s"),
        ("15m", "15m0s"),
        ("90s", "1m30s"),
        ("1.5h", "1h30m0s"),
        ("250ms", "250ms"),
        ("1500ms", "1.5s"),
        ("1500us", "1.5ms"),
        ("2µs", "2µs"),
        ("2μs", "2µs"),
        ("7ns", "7ns"),
        ("0", "0s"),
        ("0s", "0s"),
        ("-1m", "-1m0s"),
        ("+5s", "5s"),
        (".5s", "500ms"),
        ("1.s", "1s"),
        ("168h", "168h0m0s"),
        ("1m1m", "2m0s"),
        (" 15m ", "15m0s"),
        ("0.1234567891s", "123.456789ms"),
    ],
)
def test_a_duration_is_read_and_written_as_go_does(text: str, written: str) -> None:
    assert str(parse_duration(text)) == written


@pytest.mark.parametrize("text", ["", "15", "m", "1d", "1 h", "1h 5m", "fast", "1.2.3s", "--1s", "1e3s", "٣s", "."])
def test_what_is_not_a_duration_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="must be a duration such as 15m"):
        parse_duration(text)


def test_a_number_without_unit_is_told_so() -> None:
    with pytest.raises(ValueError, match="15 has no unit"):
        parse_duration("15")


def test_three_hundred_years_are_too_long() -> None:
    with pytest.raises(ValueError, match="over 292 years"):
        parse_duration("2628000h")


@given(st.integers(-LONGEST, LONGEST))
def test_what_is_written_reads_back_the_same(nanoseconds: int) -> None:
    assert parse_duration(str(Duration(nanoseconds))) == Duration(nanoseconds)
