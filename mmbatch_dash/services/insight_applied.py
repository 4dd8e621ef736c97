"""What a change of a queue's interval did: the loss that was predicted from before it, and the one observed since."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from mmbatch_dash.domain.durations import parse_duration
from mmbatch_dash.domain.units import format_duration, format_instant, format_rate, format_usd
from mmbatch_dash.insight.model import SECONDS_AN_HOUR, Model
from mmbatch_dash.insight.observed import Observed
from mmbatch_dash.store.config.history import Change

WATCHED_FOR = timedelta(weeks=4)
"""How long after a change it is compared, and how long before it."""
FEWEST_JOBS = 5
_NONE = "none"


class _Group(Protocol):
    @property
    def observed(self) -> Observed:
        """What was observed of it."""


@dataclass(frozen=True, slots=True)
class Changed:
    """The latest change of what a queue is checkpointed by; seconds are None where checkpoints are off."""

    queue: str
    at: datetime
    before_seconds: float | None
    after_seconds: float | None

    def spans(self, now: datetime) -> tuple[tuple[datetime, datetime], tuple[datetime, datetime]]:
        """The time before it that the prediction is made from, and the time since."""
        return (self.at - WATCHED_FOR, self.at), (self.at, min(now, self.at + WATCHED_FOR))


@dataclass(frozen=True, slots=True)
class Applied:
    """Predicted and observed, side by side.

    Attributes:
        at: when the change was accepted.
        before, predicted, observed: time lost and spent on checkpoints and restores, as a share of useful time; None
            where too few jobs tell.
        usd: what one of these shares of the time since costs.
        says: the same in a sentence.
    """

    at: datetime
    before: float | None
    predicted: float | None
    observed: float | None
    predicted_usd: float | None
    observed_usd: float | None
    says: str


def latest_changes(history: Iterable[Change], queues: Sequence[str]) -> dict[str, Changed]:
    """Queue → the latest change of its mode or interval, by itself or for all; only of these queues.

    Args:
        history: newest first, the first version last; that one is no change.
        queues: which.
    """
    found: dict[str, Changed] = {}
    changes = list(history)
    for change in changes[:-1]:
        if not {"ckpt.queues", "ckpt.ckptInterval", "ckpt.ckptMode"} & change.diff.keys():
            continue
        states = [_state(changes, change, after=after) for after in (False, True)]
        for queue in queues:
            before, after = (_interval(state, queue) for state in states)
            if before != after and queue not in found:
                found[queue] = Changed(queue, change.at, before, after)
    return found


def compare(change: Changed, before: _Group | None, after: _Group | None, now: datetime) -> Applied:
    """What the change did.

    Args:
        change: of one queue.
        before: the queue in the time before; None where no job ran on spot.
        after: likewise since.
        now: the reading time.
    """
    earlier = before.observed if before and before.observed.money.jobs >= FEWEST_JOBS else None
    later = after.observed if after and after.observed.money.jobs >= FEWEST_JOBS else None
    was, predicted = (_share(earlier), _predict(earlier, change.after_seconds)) if earlier else (None, None)
    ends = _predicted_ends(earlier, change.after_seconds) if earlier else ""
    observed = _share(later) if later else None
    # Both shares of the same work, at the price of the time since.
    worth = _useful_usd(later) if later else None
    usd = [None if share is None or worth is None else share * worth for share in (predicted, observed)]
    said = (
        f"On {format_instant(change.at, seconds=False)} the interval went from {_name(change.before_seconds)} to "
        f"{_name(change.after_seconds)}. "
    )
    if observed is None:
        said += (
            f"In the {format_duration((now - change.at).total_seconds())} since, too few jobs ended to say what it did."
        )
    else:
        since = format_duration((min(now, change.at + WATCHED_FOR) - change.at).total_seconds())
        said += f"Lost and spent on checkpoints in the {since} since: observed {_worth(observed, usd[1])}"
        said += f", predicted {_worth(predicted, usd[0])}{ends}" if predicted is not None else ", nothing was predicted"
        said += f"; before it was {format_rate(was)} of useful time." if was is not None else "."
    return Applied(change.at, was, predicted, observed, usd[0], usd[1], said)


def _share(observed: Observed) -> float | None:
    work = observed.checkpointed.total + observed.other.total
    return observed.money.instance_hours * SECONDS_AN_HOUR / work - 1 if work > 0 else None


def _predicted_ends(observed: Observed, interval_seconds: float | None) -> str:
    """The prediction at the ends of the rate's range, in words."""
    if observed.rate is None:
        return ""
    low, high = (_predict(observed, interval_seconds, rate) for rate in (observed.rate.low, observed.rate.high))
    return f", {format_rate(low)} to {format_rate(high)}" if low is not None and high is not None else ""


def _predict(observed: Observed, interval_seconds: float | None, rate: float | None = None) -> float | None:
    model, work = Model(observed), observed.checkpointed.total + observed.other.total
    if observed.rate is None or work <= 0:
        return None
    rate = observed.rate.value if rate is None else rate
    # The engine counts from one checkpoint's beginning to the next.
    spent = model.checkpoint_seconds or 0.0
    worked = None if interval_seconds is None else max(1.0, interval_seconds - spent)
    return model.billed_seconds(worked, rate) / work - 1


def _useful_usd(observed: Observed) -> float | None:
    """What the useful time of the group cost."""
    money = observed.money
    work = observed.checkpointed.total + observed.other.total
    return work / SECONDS_AN_HOUR * money.cost_usd / money.instance_hours if money.instance_hours else None


def _worth(share: float, usd: float | None) -> str:
    return f"{format_rate(share)} of useful time" + (f" ({format_usd(usd)})" if usd is not None else "")


def _name(seconds: float | None) -> str:
    return "none" if seconds is None else format_duration(seconds)


_KEYS: dict[str, Any] = {"ckpt.queues": {}, "ckpt.ckptInterval": "15m0s", "ckpt.ckptMode": "iterative"}


def _state(changes: Sequence[Change], change: Change, *, after: bool) -> dict[str, Any]:
    """The values of the keys just before or after a change, from the nearest change that tells them."""
    place = changes.index(change)
    values = {}
    for key, default in _KEYS.items():
        if key in change.diff:
            values[key] = change.diff[key][int(after)]
            continue
        earlier = (one.diff[key][1] for one in changes[place + 1 :] if key in one.diff)
        later = (one.diff[key][0] for one in reversed(changes[:place]) if key in one.diff)
        values[key] = next(earlier, next(later, default))
    return values


def _interval(values: dict[str, Any], queue: str) -> float | None:
    own = (values["ckpt.queues"] or {}).get(queue, {})
    if (own.get("ckptMode") or values["ckpt.ckptMode"]) == _NONE:
        return None
    return parse_duration(own.get("ckptInterval") or values["ckpt.ckptInterval"]).seconds
