"""Advice in sentences: each a figure with its range and what it would change in money, or that too little is known."""

from collections.abc import Iterator
from math import inf, isinf

from mmbatch_dash.domain.units import format_count, format_duration, format_rate, format_usd
from mmbatch_dash.insight.advice import AGES, FEWEST_LIVES, FLAT_SHARE, Advice, Verdict
from mmbatch_dash.insight.billed import longest_without_checkpoints
from mmbatch_dash.insight.model import DAYS_A_MONTH, SECONDS_AN_HOUR, Model
from mmbatch_dash.insight.observed import Observed
from mmbatch_dash.insight.pools import Compared, PoolVerdict
from mmbatch_dash.insight.ranges import Range, wilson_range
from mmbatch_dash.insight.rates import Method

NOTICE_SECONDS = 120


def describe(observed: Observed, advice: Advice) -> list[str]:
    """The sentences of one group, the most telling first."""
    if observed.rate is None:
        return ["No spot attempt with known times: there is no rate to go by, and nothing to advise."]
    return [
        _rate(observed, advice),
        *_unprotected(observed, advice),
        *_interval(observed, advice),
        *_notices(observed, advice),
        *_without(observed, advice),
        *_on_demand(observed, advice),
        *_too_long(observed, advice),
        *_ages(observed, advice),
        *_failed(observed),
    ]


def advise_in_short(observed: Observed, advice: Advice) -> str | None:
    """The one sentence that says what to change, and what for; None where nothing is to be."""
    telling = {
        Verdict.PROTECT: _unprotected,
        Verdict.RAISE: _interval,
        Verdict.LOWER: _interval,
        Verdict.ON_DEMAND: _on_demand,
    }
    say = telling.get(advice.verdict)
    return next(say(observed, advice), None) if say else None


def describe_pool(observed: Observed, compared: Compared) -> list[str]:
    """How the pool's useful work compares in price with that of all others, and what moving it would change."""
    useful = observed.useful
    if useful is None or compared.usual_usd is None:
        return []
    ends = f"{_fine_usd(useful.low)} to {_fine_usd(useful.high)}"
    usual = compared.usual_usd
    text = f"A useful vCPU-hour costs {_fine_usd(useful.value)} here ({ends}), in all other pools {_fine_usd(usual)}"
    hours = compared.useful_vcpu_hours * DAYS_A_MONTH / observed.money.days
    value, low, high = ((end - usual) * hours for end in (useful.value, useful.low, useful.high))
    if compared.verdict is PoolVerdict.CANNOT_TELL:
        there = _differences(-high, -low) if low < high else ""
        change = f"{format_usd(abs(value))} {'less' if value > 0 else 'more'} a month{there}"
        return [f"{text}: cannot tell which is cheaper; there the same work would cost {change}."]
    ends = " to ".join(format_usd(end) for end in sorted((abs(low), abs(high))))
    if compared.verdict is PoolVerdict.DROP:
        return [f"{text}: drop it; there the same work would cost {format_usd(value)} ({ends}) a month less."]
    return [f"{text}: prefer it; there the same work would cost {format_usd(-value)} ({ends}) a month more."]


def _rate(observed: Observed, advice: Advice) -> str:
    rate = observed.rate
    assert rate is not None  # noqa: S101 - the caller looked
    reclaims = f"{format_count(observed.reclaims)} {'reclaim' if observed.reclaims == 1 else 'reclaims'}"
    text = (
        f"{reclaims} in {format_count(observed.exposure_hours)} h: {_per_hour(rate.value)} an hour, anywhere from "
        f"{_per_hour(rate.low)} to {_per_hour(rate.high)}"
    )
    if rate.method is Method.ZONE_DAYS:
        text += " (they come in waves: the range is over zone-days)"
    if advice.verdict is Verdict.TOO_LITTLE:
        return f"{text}; not enough to advise."
    if advice.lost_usd:
        return f"{text}; what they cost in lost work: {_lost(observed, advice)}."
    return f"{text}; no work was lost to them."


def _unprotected(observed: Observed, advice: Advice) -> Iterator[str]:
    if advice.verdict is Verdict.PROTECT:
        yield (
            f"None of {format_count(observed.money.jobs)} jobs took a checkpoint, and reclaims lost work worth "
            f"{_lost(observed, advice)}: switch checkpoints on."
        )


def _interval(observed: Observed, advice: Advice) -> Iterator[str]:
    present, found = advice.present_seconds, advice.intervals
    if advice.verdict is Verdict.TOO_LITTLE or found is None or present is None:
        return
    distance = f"Checkpoints are {format_duration(observed.distance.median)} apart and take " + format_duration(
        observed.checkpoint.median
    )
    best = (
        f"best is {format_duration(_rounded(found.best))}, anywhere from {format_duration(_rounded(advice.low or 0))}"
    )
    best += f" to {format_duration(_rounded(advice.high))}" if advice.high else " upwards"
    if observed.notice and advice.verdict is Verdict.RAISE and observed.notice.low >= 0.9:
        best = "the notice alone protects: raise the interval to what you can afford to lose"
    saves, month = advice.saves, advice.month_usd.present
    if saves is None or month is None:
        money = "what it would change in money is unknown, for the cost is"
    elif saves.value < 0.005:
        money = f"nothing of {format_usd(month)} a month would change"
    else:
        ends = f"{format_usd(saves.low)} to {format_usd(saves.high)}"
        money = f"it would save {format_usd(saves.value)} ({ends}) of {format_usd(month)} a month"
    if advice.verdict is Verdict.KEEP:
        flat = saves is not None and month is not None and 0.005 <= saves.value < FLAT_SHARE * month
        money += f", less than {format_rate(FLAT_SHARE)} of it: keep it" if flat else ": keep it"
    yield f"{distance}; {best}; {money}."


def _notices(observed: Observed, advice: Advice) -> Iterator[str]:
    if observed.notice is None or not observed.checkpoint.count:
        return
    share = observed.notice
    text = (
        f"In {format_rate(share.value)} of {format_count(observed.noticed)} reclaimed attempts "
        f"({format_rate(share.low)} to {format_rate(share.high)}) a checkpoint begun after the notice succeeded"
    )
    if advice.lost_usd:
        # All that was lost is the most: some reclaims come without notice, and work goes on for its two minutes.
        text += (
            f"; had one in all of them, it would have kept at most the work that was lost, {_lost(observed, advice)}: "
            f"what runs in the {NOTICE_SECONDS} s of a notice is lost all the same, and some come without"
        )
    yield f"{text}."


def _without(observed: Observed, advice: Advice) -> Iterator[str]:
    month, ratio, rate = advice.month_usd, Model(observed).price_ratio(), observed.rate
    if advice.verdict is Verdict.TOO_LITTLE or rate is None or rate.value <= 0 or ratio is None:
        return
    ends = [_longest(observed, ratio, end) for end in (rate.value, rate.high, rate.low)]
    text = f"Without checkpoints spot is cheaper than on-demand for jobs of up to {ends[0]} ({ends[1]} to {ends[2]})"
    if month.none is not None and month.present is not None and observed.checkpointed.total:
        text += f"; without any, these jobs would cost {format_usd(month.none)} a month"
        text += f"{_ends(advice.none_usd)}, {_compared(month.none, month.present)}"
    yield f"{text}."


def _longest(observed: Observed, ratio: float, rate_per_hour: float) -> str:
    if rate_per_hour <= 0:
        return "any length"
    restart = (observed.restore.median or 0.0) / SECONDS_AN_HOUR
    hours = longest_without_checkpoints(ratio, restart, 1 / rate_per_hour)
    return format_duration(hours * SECONDS_AN_HOUR) if hours < inf else "any length"


def _on_demand(observed: Observed, advice: Advice) -> Iterator[str]:
    month = advice.month_usd
    if month.on_demand is None or month.present is None:
        return
    text = f"On-demand it would cost {format_usd(month.on_demand)} a month, {_compared(month.on_demand, month.present)}"
    if advice.present_usd is not None:
        text += _differences(*(month.on_demand - end for end in (advice.present_usd.high, advice.present_usd.low)))
    share, low, high = advice.spot_share, advice.spot_share_low, advice.spot_share_high
    if share is not None and low is not None and high is not None and observed.rate is not None and share < inf:
        ends_of_share = f"{format_rate(low)} to {format_rate(high)}" if high < inf else f"{format_rate(low)} upwards"
        text += f"; spot at its best interval costs {format_rate(share)} of it ({ends_of_share})"
        if advice.verdict is Verdict.ON_DEMAND:
            text += ": on-demand is the cheaper way"
    yield f"{text}."


def _too_long(observed: Observed, advice: Advice) -> Iterator[str]:
    p95 = observed.checkpoint.p95
    if p95 is not None and p95 > NOTICE_SECONDS:
        seen = f"{format_count(observed.checkpoint.count)} seen"
        text = (
            f"One checkpoint in twenty takes {format_duration(p95)} or longer ({seen}): it does not fit into the "
            f"{NOTICE_SECONDS} s that a notice gives, so the interval decides what is lost"
        )
        yield f"{text}; at most that is {_lost(observed, advice)}." if advice.lost_usd else f"{text}: so far nothing."


def _ages(observed: Observed, advice: Advice) -> Iterator[str]:
    lives, young = observed.lives, advice.young
    if lives is None or observed.reclaims < FEWEST_LIVES or lives.memoryless_probability >= AGES:
        return
    which = "in their first hours more often than later" if lives.shape < 1 else "the more often the longer they run"
    text = (
        f"Instances are taken back {which} (Weibull shape {lives.shape:.2f}, {lives.shape_low:.2f} to "
        f"{lives.shape_high:.2f}; 1 would be at any time alike, which is what the best interval supposes)"
    )
    if young is not None:
        text += f"; in the first hour it is {_per_hour(young.rate)} an hour, for which {_short(young.best)} is best"
        if young.saves_usd is not None:
            text += f", which would change {format_usd(young.saves_usd)} a month if none grew older"
    else:
        text += "; too few live for an hour to tell what that changes in money"
    yield f"{text}."


def _failed(observed: Observed) -> Iterator[str]:
    for one in observed.failed_restores[:3]:
        share = wilson_range(one.failed, max(one.tried, one.failed))
        text = (
            f"{format_count(one.failed)} of {format_count(one.tried)} restores ({format_rate(share.low)} to "
            f"{format_rate(share.high)}) failed with “{one.error}”"
        )
        if one.other_gpu:
            text += f", {format_count(one.other_gpu)} of them on another kind of GPU instance than the checkpoint's"
        if one.lost_usd is None:
            yield f"{text}; what those jobs lost is not known in money."
        else:
            month = one.lost_usd * DAYS_A_MONTH / observed.money.days
            worth = f"those jobs lost work worth {format_usd(month)} a month"
            yield f"{text}; {worth}, the most that could be kept if none failed."


def range_of_loss(observed: Observed, advice: Advice) -> Range:
    """The loss of a month, and at the ends of the rate's range: what is lost grows with the rate."""
    rate, lost = observed.rate, advice.lost_usd
    if rate is None or rate.value <= 0:
        return Range(lost, lost, lost)
    return Range(lost, lost * rate.low / rate.value, lost * rate.high / rate.value)


def _lost(observed: Observed, advice: Advice) -> str:
    lost = range_of_loss(observed, advice)
    ends = f" ({format_usd(lost.low)} to {format_usd(lost.high)})" if lost.low < lost.high else ""
    return f"{format_usd(lost.value)} a month{ends}"


def _ends(cost: Range | None) -> str:
    if cost is None:
        return ""
    return f" ({format_usd(cost.low)} {f'to {format_usd(cost.high)}' if cost.high < inf else 'upwards'})"


def _differences(low: float, high: float) -> str:
    if isinf(low) or isinf(high):
        return ""
    if low * high >= 0:
        return f" ({' to '.join(format_usd(end) for end in sorted((abs(low), abs(high))))})"
    return f" ({format_usd(-low)} less to {format_usd(high)} more)"


def _short(seconds: float) -> str:
    return format_duration(_rounded(seconds))


def _compared(usd: float, present: float) -> str:
    if abs(usd - present) < 0.005:
        return "as much as now"
    return f"{format_usd(abs(usd - present))} {'more' if usd > present else 'less'} than now"


def _per_hour(value: float) -> str:
    return "0" if value == 0 else f"{value:.3f}" if value >= 0.001 else f"{value:.2g}"


def _fine_usd(value: float) -> str:
    return f"${value:.4f}" if value < 1 else format_usd(value)


def _rounded(seconds: float) -> float:
    """To whole minutes from five minutes on: what a person would set."""
    return round(seconds / 60) * 60.0 if seconds >= 300 else round(seconds)
