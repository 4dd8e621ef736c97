"""What if: each job's work run again through its own attempts' lengths, under another policy.

An attempt lasts as long as it did; the policy decides what its end leaves of the work. Where a policy needs longer than
the last attempt lasted, or more attempts than there were, how long instances live is drawn from the pool's rate of
reclaims, which is the same at any age: the next reclaim is a draw of one and the same hazard, whatever went before.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

from mmbatch_dash.insight.running import (
    Flags,
    Floats,
    Ints,
    Jobs,
    State,
    end,
    finish,
    needed,
    some_jobs,
    some_state,
)

DRAWS = 200
TOGETHER = 20
"""Draws that are made side by side: the last rounds are of few jobs, and cost by their number."""
MOST_ROUNDS = 400
"""Attempts after which a job is taken to end with the next one: without checkpoints a long one might never."""
FIGURES = (
    *("cost_usd", "instance_hours", "saved_seconds", "saved_cpu_hours", "saved_cost_usd"),
    *("lost_seconds", "overhead_seconds"),
)


class Cancelled(Exception):
    """Nobody wants the replay any more."""


@dataclass(frozen=True, slots=True)
class Attempts:
    """Ended attempts by job, in order, one array a column; `job` counts from 0 without gaps."""

    job: Ints
    seconds: Floats
    usd_per_hour: Floats
    is_reclaimed: Flags


@dataclass(frozen=True, slots=True)
class Result:
    """Figure → its value in each draw; one draw where nothing had to be drawn."""

    draws: dict[str, Floats] = field(default_factory=dict)


def replay(
    attempts: Attempts,
    jobs: Jobs,
    *,
    on_notice: bool,
    on_demand: bool = False,
    draws: int = DRAWS,
    seed: int = 0,
    progress: Callable[[float], None] = lambda share: None,
) -> Result:
    """The figures of the jobs under the policy in `jobs.interval`.

    Args:
        attempts: as they happened.
        jobs: whose they are.
        on_notice: whether a checkpoint is taken when a reclaim is announced.
        on_demand: whether all of it runs on on-demand instances, which are never taken back.
        draws: how often what did not happen is drawn.
        seed: of the draws.
        progress: told the share that is done; raises `Cancelled` to stop.
    """
    if on_demand:
        return Result({name: np.array([value]) for name, value in _on_demand(jobs).items()})
    state = _fresh(jobs)
    last_seconds = _through_attempts(attempts, jobs, state, on_notice=on_notice, progress=progress)
    open_jobs = np.flatnonzero(~state.is_done)
    done = _figures(state, jobs, np.flatnonzero(state.is_done))
    if not len(open_jobs):
        return Result({name: np.array([value]) for name, value in done.items()})
    onward = _onward(jobs, state, open_jobs, last_seconds)
    found: dict[str, list[Floats]] = {name: [] for name in FIGURES}
    random = np.random.default_rng(seed)
    for first in range(0, draws, TOGETHER):
        progress(0.2 + 0.8 * first / draws)
        drawn = _draw(random, onward, min(TOGETHER, draws - first), on_notice=on_notice)
        for name, values in drawn.items():
            found[name].append(done[name] + values)
    return Result({name: np.concatenate(values) for name, values in found.items()})


@dataclass(frozen=True, slots=True)
class _Onward:
    """The jobs that were not done by the end of what happened: all that is the same in every draw.

    Attributes:
        jobs, state: of these alone.
        lasted: seconds of the attempt that goes on.
        ends: the sum of hazard up to and with each job's, until it would be done.
        finished: as if none of them were taken back.
        total: the figures of that.
    """

    jobs: Jobs
    state: State
    lasted: Floats
    hazard: Floats
    ends: Floats
    finished: State
    total: dict[str, float]


def _onward(jobs: Jobs, state: State, chosen: Ints, last_seconds: Floats) -> _Onward:
    own, part, everything = some_state(state, chosen), some_jobs(jobs, chosen), np.arange(len(chosen))
    need = needed(own.left, own.carried, part, everything)
    hazard = np.maximum(0.0, part.reclaims_per_second * (need - last_seconds[chosen]))
    finished = some_state(own, everything)
    finish(finished, everything, need, part.usd_per_hour)
    total = _figures(finished, part, everything)
    return _Onward(part, own, last_seconds[chosen], hazard, np.cumsum(hazard), finished, total)


def _fresh(jobs: Jobs) -> State:
    count = len(jobs.work)
    carried, billed, cost, overhead = np.zeros((4, count))
    return State(jobs.work.copy(), carried, billed, cost, overhead, np.zeros(count, dtype=bool))


def _through_attempts(
    attempts: Attempts, jobs: Jobs, state: State, *, on_notice: bool, progress: Callable[[float], None]
) -> Floats:
    """Runs the work through what happened; the seconds of each job's last attempt, which may yet go on."""
    first = np.searchsorted(attempts.job, np.arange(len(jobs.work)))
    last = np.searchsorted(attempts.job, np.arange(len(jobs.work)), side="right") - 1
    most = int(np.max(last - first, initial=0)) + 1
    for number in range(most):
        progress(0.2 * number / most)
        # An attempt that happened to be the last did not end by being taken back, or nobody knows what came after.
        chosen = np.flatnonzero(~state.is_done & (first + number < last))
        if not len(chosen):
            break
        place = first[chosen] + number
        noticed = attempts.is_reclaimed[place] & on_notice
        end(state, jobs, chosen, attempts.seconds[place], attempts.usd_per_hour[place], noticed)
    chosen = np.flatnonzero(~state.is_done)
    need = needed(state.left[chosen], state.carried[chosen], jobs, chosen)
    ends = need <= attempts.seconds[last[chosen]] * (1 + 1e-12)
    finish(state, chosen[ends], need[ends], attempts.usd_per_hour[last[chosen[ends]]])
    return np.asarray(attempts.seconds[last])


def _draw(random: np.random.Generator, onward: _Onward, draws: int, *, on_notice: bool) -> dict[str, Floats]:
    """Some draws of what comes after what happened: the figures of the jobs that were not done by then.

    Almost all are done without another reclaim: only those that are taken back are looked at.
    """
    firsts = [_first_reclaims(random, onward.hazard, onward.ends) for _ in range(draws)]
    taken = np.concatenate([place for place, _ in firsts])
    at = np.concatenate([passed for _, passed in firsts])
    draw = np.repeat(np.arange(draws), [len(place) for place, _ in firsts])
    part, own = some_jobs(onward.jobs, taken), some_state(onward.state, taken)
    spared = _figures_by(some_state(onward.finished, taken), part, draw, draws)
    running: Ints = np.arange(len(taken))
    lasted = onward.lasted[taken] + at / np.maximum(part.reclaims_per_second, 1e-300)
    for number in range(MOST_ROUNDS):
        end(own, part, running, lasted, part.usd_per_hour[running], np.full(len(running), on_notice))
        running = running[~own.is_done[running]]
        need = needed(own.left[running], own.carried[running], part, running)
        rates = part.reclaims_per_second[running] if number + 1 < MOST_ROUNDS else np.zeros(len(running))
        hazard = rates * need
        gone, at = _first_reclaims(random, hazard, np.cumsum(hazard))
        spent = np.ones(len(running), dtype=bool)
        spent[gone] = False
        finish(own, running[spent], need[spent], part.usd_per_hour[running[spent]])
        if not len(gone):
            break
        running, lasted = running[gone], at / rates[gone]
    figures = _figures_by(own, part, draw, draws)
    return {name: onward.total[name] - spared[name] + values for name, values in figures.items()}


def _first_reclaims(random: np.random.Generator, hazard: Floats, ends: Floats) -> tuple[Ints, Floats]:
    """The jobs that are taken back before they are done, in order, and how much of its hazard each had passed by then.

    All hazards lie end to end on one axis, on which reclaims fall at random: so many are drawn as there are, not one
    for each job that may have none.

    Args:
        random: what draws.
        hazard: of each job.
        ends: its running sum.
    """
    total = float(ends[-1]) if len(ends) else 0.0
    points = np.sort(random.random(random.poisson(total)) * total)
    place, where = np.unique(np.searchsorted(ends, points, side="right"), return_index=True)
    inside = place < len(ends)
    place = place[inside]
    return place, points[where[inside]] - (ends[place] - hazard[place])


def _figures(state: State, jobs: Jobs, chosen: Ints) -> dict[str, float]:
    together = np.zeros(len(chosen), dtype=np.int64)
    found = _figures_by(some_state(state, chosen), some_jobs(jobs, chosen), together, 1)
    return {name: float(values[0]) for name, values in found.items()}


def _figures_by(state: State, jobs: Jobs, group: Ints, groups: int) -> dict[str, Floats]:
    """The figures of each group of jobs, `group` being the one each is in."""

    def summed(values: Floats) -> Floats:
        return np.bincount(group, values, minlength=groups).astype(float)

    return {
        "cost_usd": summed(state.cost_usd),
        "instance_hours": summed(state.billed) / 3600,
        "saved_seconds": summed(state.carried),
        "saved_cpu_hours": summed(state.carried * jobs.vcpus) / 3600,
        "saved_cost_usd": summed(state.carried * jobs.usd_per_hour) / 3600,
        "lost_seconds": summed(state.billed - jobs.work - state.overhead),
        "overhead_seconds": summed(state.overhead),
    }


def _on_demand(jobs: Jobs) -> dict[str, float]:
    everything: Ints = np.arange(len(jobs.work))
    need = needed(jobs.work, np.zeros(len(jobs.work)), jobs, everything)
    state = _fresh(jobs)
    finish(state, everything, need, jobs.on_demand_usd_per_hour)
    return _figures(state, jobs, everything)


def spread_of(result: Result) -> Iterator[tuple[str, float, float, float]]:
    """Figure, median, and the ends of its 95 % range over the draws."""
    for name, values in result.draws.items():
        low, median, high = np.quantile(values, [0.025, 0.5, 0.975])
        yield name, float(median), float(low), float(high)
