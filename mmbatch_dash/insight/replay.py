"""What if: each job's work run again through its own attempts' lengths, under another policy.

An attempt lasts as long as it did; the policy decides what its end leaves of the work. Where a policy needs longer than
the last attempt lasted, or more attempts than there were, how long instances live is drawn from the pool's rate of
reclaims, which is the same at any age: the next reclaim is a draw of one and the same hazard, whatever went before.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from math import inf

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

NOTICE_SECONDS = 120.0
DRAWS = 200
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
class Jobs:
    """The jobs of the attempts, one array a column.

    Attributes:
        work: useful seconds to do.
        checkpoint, restore: seconds that one takes.
        interval: seconds of work from one checkpoint to the next; infinite for none.
        usd_per_hour: what attempts beyond those that happened are paid at.
        on_demand_usd_per_hour: NaN where unknown.
        reclaims_per_second: of the pool of the last attempt.
        vcpus: as requested.
    """

    work: Floats
    checkpoint: Floats
    restore: Floats
    interval: Floats
    usd_per_hour: Floats
    on_demand_usd_per_hour: Floats
    reclaims_per_second: Floats
    vcpus: Floats


@dataclass(slots=True)
class State:
    """How far the jobs are: what is left to do, and what it took so far."""

    left: Floats
    carried: Floats
    billed: Floats
    cost_usd: Floats
    overhead: Floats
    is_done: Flags


@dataclass(frozen=True, slots=True)
class Result:
    """Figure → its value in each draw; one draw where nothing had to be drawn."""

    draws: dict[str, Floats] = field(default_factory=dict)


def needed(left: Floats, carried: Floats, jobs: Jobs, chosen: Ints) -> Floats:
    """How long an attempt must last for what is left: a restore where something is carried, work, its checkpoints."""
    interval = jobs.interval[chosen]
    with np.errstate(invalid="ignore"):
        checkpoints = np.where(np.isinf(interval), 0.0, np.maximum(0.0, np.ceil(left / interval) - 1))
    return np.where(carried > 0, jobs.restore[chosen], 0.0) + left + checkpoints * jobs.checkpoint[chosen]


def kept(lasted: Floats, carried: Floats, jobs: Jobs, chosen: Ints, noticed: Flags) -> tuple[Floats, Floats]:
    """(work that an attempt which ended too soon leaves, seconds it spent on restoring and checkpoints that count).

    Without a notice that is the work up to the last checkpoint that was complete; with one, where a checkpoint fits
    into the notice, all of it up to then.
    """
    interval, checkpoint = jobs.interval[chosen], jobs.checkpoint[chosen]
    restore = np.where(carried > 0, jobs.restore[chosen], 0.0)
    inside = np.maximum(0.0, lasted - restore)
    stride = interval + checkpoint
    with np.errstate(invalid="ignore"):
        whole = np.where(np.isinf(interval), 0.0, np.floor(inside / stride))
        worked = np.where(whole > 0, whole * interval, 0.0)
    spent = np.minimum(lasted, restore) + whole * checkpoint
    fits = noticed & (checkpoint <= NOTICE_SECONDS) & (inside > NOTICE_SECONDS)
    until = np.maximum(0.0, inside - NOTICE_SECONDS)
    with np.errstate(invalid="ignore"):
        before = np.where(np.isinf(interval), 0.0, np.floor(until / stride))
        rest = np.where(np.isinf(interval), until, np.minimum(interval, until - before * stride))
        at_notice = np.where(before > 0, before * interval, 0.0) + rest
    better = fits & (at_notice > worked)
    return np.where(better, at_notice, worked), np.where(better, restore + (before + 1) * checkpoint, spent)


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
    found: dict[str, list[float]] = {name: [] for name in FIGURES}
    random = np.random.default_rng(seed)
    for draw in range(draws):
        progress(0.2 + 0.8 * draw / draws)
        drawn = _draw(random, jobs, state, open_jobs, last_seconds, on_notice=on_notice)
        for name, value in drawn.items():
            found[name].append(done[name] + value)
    return Result({name: np.array(values) for name, values in found.items()})


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
    most = int((last - first).max(initial=0)) + 1
    for number in range(most):
        progress(0.2 * number / most)
        # An attempt that happened to be the last did not end by being taken back, or nobody knows what came after.
        chosen = np.flatnonzero(~state.is_done & (first + number < last))
        if not len(chosen):
            break
        place = first[chosen] + number
        noticed = attempts.is_reclaimed[place] & on_notice
        _end(state, jobs, chosen, attempts.seconds[place], attempts.usd_per_hour[place], noticed)
    chosen = np.flatnonzero(~state.is_done)
    need = needed(state.left[chosen], state.carried[chosen], jobs, chosen)
    ends = need <= attempts.seconds[last[chosen]] * (1 + 1e-12)
    _finish(state, chosen[ends], need[ends], attempts.usd_per_hour[last[chosen[ends]]])
    return np.asarray(attempts.seconds[last])


def _end(state: State, jobs: Jobs, chosen: Ints, lasted: Floats, usd: Floats, noticed: Flags) -> None:
    """Ends an attempt of each chosen job after `lasted` seconds, unless its work was done before."""
    need = needed(state.left[chosen], state.carried[chosen], jobs, chosen)
    ends = need <= lasted
    _finish(state, chosen[ends], need[ends], usd[ends])
    on, lasted = chosen[~ends], lasted[~ends]
    leaves, spent = kept(lasted, state.carried[on], jobs, on, noticed[~ends])
    leaves = np.minimum(leaves, state.left[on])
    state.billed[on] += lasted
    state.cost_usd[on] += lasted / 3600 * usd[~ends]
    state.overhead[on] += spent
    state.left[on] -= leaves
    state.carried[on] += leaves


def _finish(state: State, chosen: Ints, need: Floats, usd: Floats) -> None:
    state.billed[chosen] += need
    state.cost_usd[chosen] += need / 3600 * usd
    state.overhead[chosen] += need - state.left[chosen]
    state.left[chosen] = 0.0
    state.is_done[chosen] = True


def _draw(
    random: np.random.Generator, jobs: Jobs, state: State, open_jobs: Ints, last_seconds: Floats, *, on_notice: bool
) -> dict[str, float]:
    """One draw of what comes after what happened: the figures of the jobs that were not done by then."""
    own = State(*(getattr(state, name)[open_jobs].copy() for name in State.__slots__))
    part = Jobs(*(getattr(jobs, name)[open_jobs] for name in Jobs.__slots__))
    lasted_so_far = last_seconds[open_jobs]
    running: Ints = np.arange(len(open_jobs))
    for number in range(MOST_ROUNDS):
        need = needed(own.left[running], own.carried[running], part, running)
        rates = part.reclaims_per_second[running] if number + 1 < MOST_ROUNDS else np.zeros(len(running))
        at = _first_reclaims(random, rates, need - lasted_so_far)
        taken = np.isfinite(at)
        alive, gone = running[~taken], running[taken]
        _finish(own, alive, need[~taken], part.usd_per_hour[alive])
        if not len(gone):
            break
        noticed = np.full(len(gone), on_notice)
        _end(own, part, gone, lasted_so_far[taken] + at[taken], part.usd_per_hour[gone], noticed)
        running, lasted_so_far = gone, np.zeros(len(gone))
    return _figures(own, part, np.arange(len(open_jobs)))


def _first_reclaims(random: np.random.Generator, rates: Floats, spans: Floats) -> Floats:
    """When each job is first taken back within its span; infinite where it is not.

    All spans lie end to end on one axis of hazard, on which reclaims fall at random: so many are drawn as there are,
    not one for each job that may have none.
    """
    hazard = np.maximum(0.0, rates * spans)
    ends = np.cumsum(hazard)
    total = float(ends[-1]) if len(ends) else 0.0
    at = np.full(len(rates), inf)
    if total <= 0:
        return at
    points = np.sort(random.random(random.poisson(total)) * total)
    job = np.searchsorted(ends, points, side="right")
    job, where = np.unique(np.minimum(job, len(ends) - 1), return_index=True)
    at[job] = (points[where] - (ends[job] - hazard[job])) / rates[job]
    return at


def _figures(state: State, jobs: Jobs, chosen: Ints) -> dict[str, float]:
    carried, billed = state.carried[chosen], state.billed[chosen]
    return {
        "cost_usd": float(state.cost_usd[chosen].sum()),
        "instance_hours": float(billed.sum()) / 3600,
        "saved_seconds": float(carried.sum()),
        "saved_cpu_hours": float((carried * jobs.vcpus[chosen]).sum()) / 3600,
        "saved_cost_usd": float((carried * jobs.usd_per_hour[chosen]).sum()) / 3600,
        "lost_seconds": float((billed - jobs.work[chosen] - state.overhead[chosen]).sum()),
        "overhead_seconds": float(state.overhead[chosen].sum()),
    }


def _on_demand(jobs: Jobs) -> dict[str, float]:
    everything: Ints = np.arange(len(jobs.work))
    need = needed(jobs.work, np.zeros(len(jobs.work)), jobs, everything)
    state = _fresh(jobs)
    _finish(state, everything, need, jobs.on_demand_usd_per_hour)
    return _figures(state, jobs, everything)


def spread_of(result: Result) -> Iterator[tuple[str, float, float, float]]:
    """Figure, median, and the ends of its 95 % range over the draws."""
    for name, values in result.draws.items():
        low, median, high = np.quantile(values, [0.025, 0.5, 0.975])
        yield name, float(median), float(low), float(high)
