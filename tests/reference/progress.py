"""Progress carried by restores (docs/definitions.md section 3), attempt by attempt."""

from datetime import UTC, datetime

from tests.reference.merged import Job
from tests.reference.transfers import Checkpoint, Restore

LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)
NOTHING_THERE = (0, LONG_AGO)
"""What a restore used that names no checkpoint where there was none: attempt 0, in which nothing was done."""

Parts = dict[int, float]


def successful_restore(job: Job, attempt: int) -> Restore | None:
    """Of several restores in one attempt the last success counts."""
    done = [one for one in job.restores if one.attempt == attempt and one.succeeded and one.finished_at]
    return max(done, key=lambda one: (one.finished_at or LONG_AGO, one.started_at or LONG_AGO), default=None)


def carried_parts(job: Job, number: int) -> Parts | None:
    """base(number) by the attempt in which the work was made, in seconds; None where a time it needs is missing."""
    restore = successful_restore(job, number)
    if restore is None:
        return {}
    used = _used(job, restore, number)
    if used is None:
        return None
    source, taken_at = used
    if source == 0:
        return {}
    before = carried_parts(job, source)
    attempt = job.attempts[source - 1]
    earlier = successful_restore(job, source)
    fresh = earlier.finished_at if earlier else attempt.started_at
    if fresh is not None and attempt.started_at is not None:
        # A restore dated before its attempt must not count more work than the attempt had time for (section 6).
        fresh = max(fresh, attempt.started_at)
    if before is None or fresh is None:
        return None
    # A restore that succeeded proves its checkpoint, and that the attempt lived then.
    until = taken_at if attempt.ended_at is None else min(taken_at, attempt.ended_at)
    return {**before, source: max(0.0, (until - fresh).total_seconds())}


def _used(job: Job, restore: Restore, number: int) -> tuple[int, datetime] | None:
    """(attempt, taken_at) of the checkpoint a restore used; NOTHING_THERE where there was none; None where unknown."""
    taken_at = restore.checkpoint_taken_at
    if restore.checkpoint_id is None and taken_at is None:
        return _latest_before(job, restore, number)
    named = _named(job, restore)
    if named is not None:
        moment = named.taken_at or taken_at
        return (named.attempt, moment) if named.attempt < number and moment else None
    if taken_at is None:
        return None
    at_that_moment = [one.attempt for one in job.checkpoints if one.taken_at == taken_at and one.attempt < number]
    holding = [one.number for one in job.attempts[: number - 1] if one.started_at and one.started_at <= taken_at]
    chosen = at_that_moment or holding
    return (max(chosen), taken_at) if chosen else None


def _named(job: Job, restore: Restore) -> Checkpoint | None:
    if restore.checkpoint_id is None:
        return None
    return next((one for one in job.checkpoints if one.checkpoint_id == restore.checkpoint_id), None)


def _latest_before(job: Job, restore: Restore, number: int) -> tuple[int, datetime] | None:
    began = restore.started_at or restore.finished_at
    earlier = [one for one in job.checkpoints if one.succeeded and one.attempt < number]
    if any(one.taken_at is None for one in earlier):
        return None
    taken = [(one.taken_at, one.attempt) for one in earlier if one.taken_at and began and one.taken_at < began]
    if not taken:
        return NOTHING_THERE
    taken_at, attempt = max(taken)
    return attempt, taken_at
