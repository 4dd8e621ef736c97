"""Published and worked values, to the digits in which they are known."""

import numpy as np
import pandas as pd
import pytest

from mmbatch_dash.insight.billed import (
    billed_of_works,
    expected_billed,
    longest_without_checkpoints,
    spot_share_of_on_demand,
)
from mmbatch_dash.insight.intervals import best_intervals
from mmbatch_dash.insight.ranges import poisson_range, wilson_range
from mmbatch_dash.insight.survival import fit_weibull, kaplan_meier

REMISSION_WEEKS = (6, 6, 6, 7, 10, 13, 16, 22, 23, 6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35)
FREIREICH = pd.DataFrame({"duration": REMISSION_WEEKS, "ended": [True] * 9 + [False] * 12})
"""Remission under 6-MP (Freireich 1963): nine relapses, twelve censored."""


@pytest.mark.parametrize(
    ("reclaims", "hours", "rate", "low", "high"),
    [
        (7, 100, 0.0700, 0.02814, 0.14423),
        (0, 100, 0.0, 0.0, 0.03689),
        (40, 5_000, 0.0080, 0.00572, 0.01089),
        (3, 120, 0.025, 0.005, 0.073),
    ],
)
def test_a_rate_has_its_exact_poisson_range(reclaims: int, hours: float, rate: float, low: float, high: float) -> None:
    digits = 3 if hours == 120 else 5
    assert [round(end, digits) for end in poisson_range(reclaims, hours)] == [rate, low, high]


def test_a_rate_without_exposure_is_refused() -> None:
    with pytest.raises(ValueError, match="exposure above 0"):
        poisson_range(0, 0)


def test_a_share_has_its_wilson_range() -> None:
    # Newcombe 1998, Table I: 81 of 263, and 0 of 20.
    assert [round(end, 4) for end in wilson_range(81, 263)] == [0.3080, 0.2553, 0.3662]
    assert [round(end, 4) for end in wilson_range(0, 20)] == [0.0, 0.0, 0.1611]


def test_censored_lives_count_as_long_as_they_were_seen() -> None:
    assert round(9 / FREIREICH["duration"].sum(), 6) == 0.025070
    alive = kaplan_meier(FREIREICH)
    assert alive.index.tolist() == [6, 7, 10, 13, 16, 22, 23]
    assert alive.round(4).tolist() == [0.8571, 0.8067, 0.7529, 0.6902, 0.6275, 0.5378, 0.4482]


def test_the_weibull_fit_is_the_published_one() -> None:
    fit = fit_weibull(FREIREICH)
    assert fit is not None
    assert (round(fit.shape, 5), round(fit.scale, 4)) == (1.35373, 33.7652)
    assert (round(fit.log_likelihood, 4), round(fit.exponential_log_likelihood, 4)) == (-41.6587, -42.1749)
    assert fit.memoryless_probability > 0.3


def test_the_range_of_the_shape_is_where_the_likelihood_is_not_clearly_worse() -> None:
    fit = fit_weibull(FREIREICH)
    assert fit is not None
    ended, durations = FREIREICH["ended"], FREIREICH["duration"]
    for shape in (fit.shape_low, fit.shape_high):
        # Written out: at each shape the scale fits best where the sum of (t / scale)^shape is the relapses.
        scale = ((durations**shape).sum() / ended.sum()) ** (1 / shape)
        density = np.log(shape / scale) + (shape - 1) * np.log(durations[ended] / scale)
        assert density.sum() - ended.sum() == pytest.approx(fit.log_likelihood - 3.8415 / 2, abs=1e-4)
    # Around the estimate by the usual normal range of its logarithm, whose standard error is about 0.29.
    assert (fit.shape_low, fit.shape_high) == (pytest.approx(0.72, abs=0.05), pytest.approx(2.2, abs=0.1))


def test_lives_counted_together_fit_as_the_same_lives_one_by_one() -> None:
    counted = FREIREICH.groupby(["duration", "ended"]).size().rename("lives").reset_index()
    one_by_one, together = fit_weibull(FREIREICH), fit_weibull(counted)
    assert one_by_one is not None
    assert together is not None
    assert together.shape == pytest.approx(one_by_one.shape, rel=1e-9)
    assert kaplan_meier(counted).round(9).tolist() == kaplan_meier(FREIREICH).round(9).tolist()


def test_one_end_is_too_few_for_a_shape() -> None:
    assert fit_weibull(pd.DataFrame({"duration": [3.0, 5.0], "ended": [True, False]})) is None


@pytest.mark.parametrize(
    ("checkpoint", "between", "young", "daly", "best"),
    [
        (5, 1440, 120.000, 116.6898, 116.6901),
        (5, 360, 60.000, 56.7130, 56.7140),
        (5, 15, 12.247, 9.1409, 9.1665),
        (0.5, 240, 15.492, 15.1604, 15.1604),
        (2, 720, 53.666, 52.3406, 52.3407),
        (10, 120, 48.990, 42.5499, 42.5626),
    ],
)
def test_the_three_intervals(checkpoint: float, between: float, young: float, daly: float, best: float) -> None:
    found = best_intervals(checkpoint, between)
    assert (round(found.young, 3), round(found.daly, 4), round(found.best, 4)) == (young, daly, best)


def test_a_notice_that_mostly_suffices_makes_losses_as_rare() -> None:
    assert best_intervals(5, 72, 0.8) == best_intervals(5, 72 / (1 - 0.8))
    assert best_intervals(5, 72, 1.0).best == np.inf


def test_the_best_interval_is_the_cheapest() -> None:
    best = best_intervals(5, 360, 0.3).best
    cost = expected_billed(600, best, 5, 10, 360, 0.3)
    assert cost < min(expected_billed(600, best * factor, 5, 10, 360, 0.3) for factor in (0.97, 1.03))


@pytest.mark.parametrize(
    ("between", "notice_success", "billed", "digits"),
    [(360, 0.0, 755.865, 3), (120, 0.8, 783.5, 1), (60, 0.9, 851.5, 1)],
)
def test_what_ten_hours_of_work_are_billed_for(
    between: float, notice_success: float, billed: float, digits: int
) -> None:
    assert round(expected_billed(600, 30, 5, 10, between, notice_success), digits) == billed


def test_a_job_shorter_than_the_interval_takes_no_checkpoint() -> None:
    short, long = billed_of_works(np.array([10.0, 600.0]), 30, 5, 0, 1e9, 0.0)
    assert short == pytest.approx(10.0)
    assert long == pytest.approx(600 + 19 * 5)


@pytest.mark.parametrize(
    ("ratio", "checkpoint", "restore", "between", "share"),
    [(0.35, 2, 10, 60, 0.5415), (0.35, 2, 10, 15, 1.1994), (0.7, 5, 10, 120, 1.0304)],
)
def test_spot_against_on_demand(ratio: float, checkpoint: float, restore: float, between: float, share: float) -> None:
    assert round(spot_share_of_on_demand(ratio, checkpoint, restore, between), 4) == share


@pytest.mark.parametrize(
    ("ratio", "between", "longest"), [(0.35, 6, 10.715), (0.35, 24, 43.624), (0.5, 2, 2.245), (0.7, 6, 3.756)]
)
def test_the_longest_job_without_checkpoints(ratio: float, between: float, longest: float) -> None:
    assert round(longest_without_checkpoints(ratio, 10 / 60, between), 3) == longest


def test_spot_that_costs_as_much_never_wins_without_checkpoints() -> None:
    assert longest_without_checkpoints(1.0, 10 / 60, 6) == 0.0
