"""Reclaims in waves make the range wider; those at random do not."""

import numpy as np
import pandas as pd

from mmbatch_dash.insight.rates import Method, dispersion_probability, reclaim_rate


def zone_days(reclaims: list[int], hours: float = 20.0) -> pd.DataFrame:
    return pd.DataFrame({"reclaims": reclaims, "exposure_hours": [hours] * len(reclaims)})


def test_even_zone_days_give_the_exact_range() -> None:
    rate = reclaim_rate(zone_days([1, 0, 2, 1, 1, 0, 1, 1]))
    assert rate is not None
    assert rate.method is Method.POISSON
    assert round(rate.value, 5) == round(7 / 160, 5)


def test_a_wave_widens_the_range_and_says_so() -> None:
    even, wave = reclaim_rate(zone_days([1] * 40)), reclaim_rate(zone_days([0] * 38 + [20, 20]))
    assert even is not None
    assert wave is not None
    assert wave.method is Method.ZONE_DAYS
    assert wave.value == even.value
    assert wave.high - wave.low > even.high - even.low


def test_the_same_days_give_the_same_range_each_time() -> None:
    waves = zone_days([0] * 38 + [20, 20])
    assert reclaim_rate(waves) == reclaim_rate(waves)


def test_nothing_in_use_has_no_rate() -> None:
    assert reclaim_rate(zone_days([])) is None


def test_chance_alone_is_seldom_called_a_wave_even_where_zone_days_are_thin() -> None:
    random = np.random.default_rng(5)
    hours = random.exponential(3.0, size=200)
    called = [dispersion_probability(random.poisson(0.03 * hours).astype(float), hours) < 0.01 for _ in range(300)]
    assert sum(called) <= 15
