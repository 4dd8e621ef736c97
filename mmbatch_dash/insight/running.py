"""One attempt of many jobs at once: how long it must last, what its end leaves, and the account of it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

NOTICE_SECONDS = 120.0


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


def some_state(state: State, chosen: Ints) -> State:
    """A copy of how far some of the jobs are."""
    return State(*(getattr(state, name)[chosen] for name in State.__slots__))


def some_jobs(jobs: Jobs, chosen: Ints) -> Jobs:
    """Some of the jobs."""
    return Jobs(*(getattr(jobs, name)[chosen] for name in Jobs.__slots__))


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


def end(state: State, jobs: Jobs, chosen: Ints, lasted: Floats, usd: Floats, noticed: Flags) -> None:
    """Ends an attempt of each chosen job after `lasted` seconds, unless its work was done before."""
    need = needed(state.left[chosen], state.carried[chosen], jobs, chosen)
    ends = need <= lasted
    finish(state, chosen[ends], need[ends], usd[ends])
    on, lasted = chosen[~ends], lasted[~ends]
    leaves, spent = kept(lasted, state.carried[on], jobs, on, noticed[~ends])
    leaves = np.minimum(leaves, state.left[on])
    state.billed[on] += lasted
    state.cost_usd[on] += lasted / 3600 * usd[~ends]
    state.overhead[on] += spent
    state.left[on] -= leaves
    state.carried[on] += leaves


def finish(state: State, chosen: Ints, need: Floats, usd: Floats) -> None:
    """Ends the last attempt of each chosen job, its work done after `need` seconds."""
    state.billed[chosen] += need
    state.cost_usd[chosen] += need / 3600 * usd
    state.overhead[chosen] += need - state.left[chosen]
    state.left[chosen] = 0.0
    state.is_done[chosen] = True
