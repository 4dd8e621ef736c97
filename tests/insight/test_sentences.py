"""Each sentence says a figure, its range, and what it would change in money."""

import re
from dataclasses import replace

import numpy as np
import pytest

from mmbatch_dash.insight.advice import advise
from mmbatch_dash.insight.observed import FailedRestore, Money, Observed, Spread, Works
from mmbatch_dash.insight.pools import Compared, PoolVerdict
from mmbatch_dash.insight.ranges import Range, poisson_range
from mmbatch_dash.insight.rates import Method, Rate
from mmbatch_dash.insight.sentences import describe, describe_pool
from mmbatch_dash.insight.survival import Weibull

YOUNG = Weibull(
    0.5, 0.4, 0.6, scale=250 * 3600.0, log_likelihood=-100, exponential_log_likelihood=-110, memoryless_probability=1e-5
)
OBSERVED = Observed(
    key="align",
    exposure_hours=1000.0,
    reclaims=40,
    rate=Rate(*poisson_range(40, 1000.0), Method.POISSON),
    lives=YOUNG,
    checkpoint=Spread(60.0, 200.0, 500),
    restore=Spread(30.0, 60.0, 40),
    distance=Spread(7260.0, 7300.0, 400),
    notice=Range(0.0, 0.0, 0.09),
    noticed=40,
    checkpointed=Works(np.array([36_000.0]), np.array([90.0])),
    money=Money(100, 30.0, 400.0, 1000.0, 1000.0, 1000.0, 40.0, 90),
    failed_restores=(FailedRestore("criu: pid 1", 2, 1, 40, 8.0), FailedRestore("no space", 1, 0, 40, None)),
)


def said(beginning: str, observed: Observed = OBSERVED) -> str:
    [found] = [text for text in describe(observed, advise(observed)) if text.startswith(beginning)]
    return found


def test_what_reclaims_cost_has_the_range_of_their_rate() -> None:
    # 40 may be 28.577 to 54.469.
    assert said("40 reclaims").endswith("what they cost in lost work: $40.00 a month ($28.58 to $54.47).")


def test_checkpoints_that_outlast_the_notice_say_what_that_costs_at_most() -> None:
    text = said("One checkpoint in twenty")
    assert text.startswith("One checkpoint in twenty takes 3 min 20 s or longer (500 seen)")
    assert text.endswith("at most that is $40.00 a month ($28.58 to $54.47).")


def test_a_shape_comes_with_its_range_and_what_the_first_hour_would_change() -> None:
    text = said("Instances are taken back")
    # A cumulated hazard of (1 / 250)^0.5 in the first hour.
    assert "(Weibull shape 0.50, 0.40 to 0.60; 1 would be" in text
    assert "in the first hour it is 0.063 an hour, for which 43 min is best, which would change $" in text
    assert text.endswith(" a month if none grew older.")


def test_a_first_hour_that_hardly_any_live_through_is_not_told_of() -> None:
    short = replace(YOUNG, shape=1.77, shape_low=1.68, shape_high=1.86, scale=2.3 * 3600)
    text = said("Instances are taken back the more often the longer they run", replace(OBSERVED, lives=short))
    assert text.endswith("; too few live for an hour to tell what that changes in money.")


def test_no_checkpoints_at_all_cost_what_the_formula_gives_at_the_ends_of_the_rate() -> None:
    text = said("Without checkpoints spot is cheaper")
    # A job of ten hours is billed (e^(10 r) - 1) / r hours; ninety of them cost 400 USD a month at two hours' distance.
    now = advise(OBSERVED).none_usd
    assert now is not None
    rates = (OBSERVED.rate.value, OBSERVED.rate.low, OBSERVED.rate.high) if OBSERVED.rate else ()
    billed = [90 * float(np.expm1(10 * rate)) / rate for rate in rates]
    assert [now.low / now.value, now.high / now.value] == pytest.approx([billed[1] / billed[0], billed[2] / billed[0]])
    assert f"would cost ${now.value:.2f} a month (${now.low:.2f} to ${now.high:.2f}), " in text


def test_what_a_checkpoint_on_notice_would_keep_is_the_most_that_it_could_and_why() -> None:
    assert said("In 0.0 % of 40 reclaimed attempts (0.0 % to 9.0 %)").endswith(
        "; had one in all of them, it would have kept at most the work that was lost, $40.00 a month ($28.58 to "
        "$54.47): what runs in the 120 s of a notice is lost all the same, and some come without."
    )


def test_an_interval_that_is_kept_says_why() -> None:
    text = said("Checkpoints are", replace(OBSERVED, distance=Spread(2200.0, 2300.0, 400)))
    assert re.search(r"save \$\d\.\d\d \(.*\) of \$400\.00 a month, less than 0\.5 % of it: keep it\.$", text), text
    text = said("Checkpoints are", replace(OBSERVED, distance=Spread(3200.0, 3300.0, 400)))
    assert text.endswith("; nothing of $400.00 a month would change: keep it.")


def test_a_pool_says_what_moving_its_work_would_change_at_the_ends_of_its_range() -> None:
    pool = replace(OBSERVED, useful=Range(0.05, 0.04, 0.06))
    text = describe_pool(pool, Compared(PoolVerdict.CANNOT_TELL, 0.045, 1000.0))
    assert text[0].endswith(
        "cannot tell which is cheaper; there the same work would cost $5.00 less a month ($15.00 less to $5.00 more)."
    )
    [text] = describe_pool(pool, Compared(PoolVerdict.DROP, 0.03, 1000.0))
    assert text.endswith("drop it; there the same work would cost $20.00 ($10.00 to $30.00) a month less.")
    [text] = describe_pool(pool, Compared(PoolVerdict.PREFER, 0.07, 1000.0))
    assert text.endswith("prefer it; there the same work would cost $20.00 ($10.00 to $30.00) a month more.")


def test_failed_restores_come_with_their_share_and_the_loss_of_their_jobs() -> None:
    assert said("2 of 40") == (
        "2 of 40 restores (1.4 % to 16.5 %) failed with “criu: pid 1”, 1 of them on another kind of GPU instance "
        "than the checkpoint's; those jobs lost work worth $8.00 a month, the most that could be kept if none failed."
    )
    assert said("1 of 40").endswith("“no space”; what those jobs lost is not known in money.")


def test_on_demand_is_compared_at_the_ends_of_the_rate_too() -> None:
    text = said("On-demand")
    # 900 useful hours at 1 USD; at the rarest reclaims the present interval costs less than 400 USD, at the most more.
    assert text.startswith("On-demand it would cost $900.00 a month, $500.00 more than now ($4")
    ends = [float(part.split()[0]) for part in text.split("(")[1].split(")")[0].replace("$", "").split(" to ")]
    assert ends[0] < 500 < ends[1]
    present = advise(OBSERVED).present_usd
    assert present is not None
    assert ends == [pytest.approx(900 - present.high, abs=0.01), pytest.approx(900 - present.low, abs=0.01)]
    assert "costs 41.5 % of it (4" in text
    assert text.count("(") == 2


def test_where_nothing_can_be_told_no_range_is_made_up() -> None:
    quiet = replace(OBSERVED, rate=None, reclaims=0)
    assert describe(quiet, advise(quiet)) == [
        "No spot attempt with known times: there is no rate to go by, and nothing to advise."
    ]
    unlucky = replace(OBSERVED, rate=Rate(2000.0, 1000.0, 5000.0, Method.POISSON), restore=Spread(3600.0, 3600.0, 1))
    assert not any("nan" in text or "inf" in text for text in describe(unlucky, advise(unlucky)))
