"""A replay told once more, job by job and step by step, after docs/insight.md alone; slow, and without numpy."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf

NOTICE = 120.0


@dataclass(frozen=True)
class Told:
    """A job: useful seconds, what a checkpoint and a restore take, its attempts (seconds, USD an hour, reclaimed)."""

    work: float
    checkpoint: float
    restore: float
    attempts: list[tuple[float, float, bool]]
    vcpus: float = 1.0


@dataclass
class Bill:
    """What running a job again came to."""

    cost_usd: float = 0.0
    billed: float = 0.0
    saved: float = 0.0
    overhead: float = 0.0


def steps(left: float, restore: float, interval: float, checkpoint: float) -> Iterator[tuple[str, float]]:
    """What an attempt does until the work is done: a restore, stretches of work, a checkpoint between two of them."""
    if restore:
        yield "restore", restore
    while left > 0:
        stretch = min(interval, left)
        yield "work", stretch
        left -= stretch
        if left > 1e-9:
            yield "checkpoint", checkpoint


def run_attempt(
    left: float, restore: float, interval: float, checkpoint: float, ends_at: float, noticed: bool
) -> tuple[bool, float, float, float]:
    """(whether the work was done, seconds it took, work it leaves, seconds of overhead that was not in vain)."""
    clock = worked = kept = overhead = kept_overhead = 0.0
    at_notice, notice_at = None, ends_at - NOTICE
    for kind, seconds in steps(left, restore, interval, checkpoint):
        into = notice_at - clock
        if noticed and at_notice is None and checkpoint <= NOTICE and 0 < into <= seconds and clock >= restore:
            inside = into if kind == "work" else 0.0
            at_notice = (worked + inside, overhead + checkpoint)
        if clock + seconds > ends_at:
            if kind == "restore":
                return False, ends_at, 0.0, ends_at
            if at_notice is not None and at_notice[0] > kept:
                return False, ends_at, *at_notice
            return False, ends_at, kept, kept_overhead
        clock += seconds
        if kind == "work":
            worked += seconds
        else:
            overhead += seconds
            kept, kept_overhead = worked, overhead
    return True, clock, left, overhead


def run_job(told: Told, interval: float, *, on_notice: bool) -> Bill:
    """The job through its own attempts; the last goes on for as long as it takes."""
    bill, left = Bill(), told.work
    for number, (seconds, usd, reclaimed) in enumerate(told.attempts):
        ends_at = inf if number + 1 == len(told.attempts) else seconds
        restore = told.restore if bill.saved > 0 else 0.0
        noticed = on_notice and reclaimed and ends_at < inf
        done, took, leaves, overhead = run_attempt(left, restore, interval, told.checkpoint, ends_at, noticed)
        bill.billed += took
        bill.cost_usd += took / 3600 * usd
        bill.overhead += overhead
        if done:
            return bill
        left -= leaves
        bill.saved += leaves
    return bill
