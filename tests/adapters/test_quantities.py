"""Durations, sizes and dates as Nextflow prints them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmbatch_dash.adapters.quantities import parse_duration_seconds, parse_moment, parse_size_bytes
from mmbatch_dash.domain.errors import InvalidInput

UNITS = (("d", 86400), ("h", 3600), ("m", 60), ("s", 1))


def printed(seconds: int) -> str:
    """A duration as Nextflow prints it: days, hours, minutes, seconds, those that are 0 left out."""
    parts = []
    for unit, size in UNITS:
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count}{unit}")
    return " ".join(parts)


@given(st.integers(min_value=1, max_value=10**8))
def test_a_printed_duration_reads_back_as_its_seconds(seconds: int) -> None:
    assert parse_duration_seconds(printed(seconds)) == seconds


@given(st.integers(min_value=0, max_value=10**12))
def test_a_raw_duration_is_milliseconds(milliseconds: int) -> None:
    assert parse_duration_seconds(str(milliseconds)) == milliseconds / 1000


@given(st.integers(min_value=0, max_value=10**6), st.sampled_from("KMGT"), st.sampled_from(["", " "]))
def test_a_printed_size_reads_back_as_its_bytes(count: int, unit: str, space: str) -> None:
    assert parse_size_bytes(f"{count}{space}{unit}B") == count * 1024 ** ("KMGT".index(unit) + 1)


@given(st.integers(min_value=0, max_value=2**52))
def test_a_raw_size_is_bytes(size: int) -> None:
    assert parse_size_bytes(str(size)) == parse_size_bytes(f"{size} B") == size


@given(st.text(max_size=80))
def test_any_text_is_a_quantity_or_refused_as_invalid_input(text: str) -> None:
    for parse in (parse_duration_seconds, parse_size_bytes):
        try:
            assert parse(text) >= 0
        except InvalidInput as error:
            assert "is not a" in str(error) or "longer" in str(error)  # noqa: PT017 - either outcome is right


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("13.9s", 13.9),
        ("5ms", 0.005),
        ("2h 9s", 7209),
        ("1d 2h 3m 4s", 93784),
        ("33m 48s", 2028),
        ("2 days 1hour", 176400),
        ("0ms", 0),
    ],
)
def test_durations_seen_in_traces(text: str, seconds: float) -> None:
    assert parse_duration_seconds(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "-", "-5s", "5 parsecs", "1h and more", "9" * 400, "9" * 50 + "d"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="duration"):
        parse_duration_seconds(text)


@pytest.mark.parametrize(
    ("text", "size"), [("70.9 GB", round(70.9 * 2**30)), ("468 B", 468), ("43.5 KB", 44544), ("2147483648", 2**31)]
)
def test_sizes_seen_in_traces(text: str, size: int) -> None:
    assert parse_size_bytes(text) == size


@pytest.mark.parametrize("text", ["", "-", "-1 B", "GB", "1 XB", "9" * 400, "1000 ZB"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="memory"):
        parse_size_bytes(text)


def test_a_moment_is_epoch_milliseconds_or_local_time_in_the_zone() -> None:
    expected = datetime(2021, 3, 4, 21, 6, 7, 625000, tzinfo=UTC)
    assert parse_moment("1614891967625", zone=UTC, field="submit") == expected
    assert parse_moment("2021-03-04 22:06:07.625", zone=ZoneInfo("Europe/Berlin"), field="submit") == expected
