"""Numbers read the same everywhere, and unknown is never 0."""

import math
from datetime import timedelta

import pytest

from mmbatch_dash.domain.figures import Unit
from mmbatch_dash.domain.spreadsheet import neutralise
from mmbatch_dash.domain.units import (
    format_age,
    format_change,
    format_count,
    format_coverage,
    format_duration,
    format_exact,
    format_figure,
    format_hours,
    format_rate,
    format_usd,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "$0.00"), (1.0667, "$1.07"), (999.999, "$1,000.00"), (9_999.996, "$10,000"), (12_345.6, "$12,346")],
)
def test_dollars_have_two_decimals_when_small_and_none_when_large(value: float, text: str) -> None:
    assert format_usd(value) == text


def test_a_negative_amount_has_a_minus_sign_before_the_dollar_and_nothing_rounds_to_minus_zero() -> None:
    assert format_usd(-3.5) == "−$3.50"
    assert format_usd(-0.001) == "$0.00"


@pytest.mark.parametrize(("value", "text"), [(12.6667, "12.7"), (99.96, "100"), (61_980.6, "61,981")])
def test_hours_have_one_decimal_under_a_hundred(value: float, text: str) -> None:
    assert format_hours(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (1.25, "1.2 s"),
        (45, "45 s"),
        (90, "1 min 30 s"),
        (3_599.7, "1 h"),
        (11_520, "3 h 12 min"),
        (172_800, "2 d"),
        (-5_160, "−1 h 26 min"),
    ],
)
def test_durations_are_in_their_two_largest_units(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text


@pytest.mark.parametrize("form", [format_usd, format_hours, format_count, format_rate, format_duration])
@pytest.mark.parametrize("unknown", [None, math.nan])
def test_unknown_is_a_dash_in_every_form(form: object, unknown: float | None) -> None:
    assert form(unknown) == "–"  # type: ignore[operator]


def test_every_unit_has_its_own_form_and_an_exact_one() -> None:
    assert [format_figure(1234.5, unit) for unit in Unit] == ["1,234", "1,234 h", "20 min 34 s", "$1,234.50"]
    assert format_exact(12.66666666, Unit.HOURS) == "12.666667 h"
    assert format_exact(None, Unit.USD) == "unknown"


def test_coverage_just_under_complete_never_reads_as_complete() -> None:
    assert format_coverage(0.9997) == "99 %"
    assert format_coverage(0.0004) == "under 1 %"
    assert format_coverage(0) == "0 %"


def test_a_change_needs_something_to_compare_with() -> None:
    assert format_change(112.3, 100) == "+12.3 %"
    assert format_change(87.7, 100) == "−12.3 %"
    assert format_change(100, 100) == "0.0 %"
    assert format_change(2_500, 100) == "+25×"
    assert format_change(5, 0) == "–"
    assert format_change(None, 5) == "–"


def test_an_age_has_one_unit_and_is_never_negative() -> None:
    assert format_age(timedelta(seconds=200)) == "3 min"
    assert format_age(timedelta(seconds=-4)) == "0 s"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\nx", "\0x"])
def test_text_a_spreadsheet_would_run_is_made_harmless(text: str) -> None:
    assert neutralise(text) == f"'{text}"


def test_harmless_text_is_left_alone() -> None:
    assert neutralise("queue-1=2") == "queue-1=2"
