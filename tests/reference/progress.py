"""Progress carried by restores (docs/definitions.md section 3)."""

from datetime import UTC, datetime

from tests.reference.merged import Job
from tests.reference.transfers import Checkpoint, Restore

LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)
FROM_ZERO = (0, LONG_AGO)
"""What a restore used that names no checkpoint where there was none: attempt 0, in which nothing was done."""

Parts = dict[int, float]


def successful_restore(job: Job, attempt: int) -> Restore | None:
    """Of several restores in one attempt the last success counts."""
    done = [one for one in job.restores if one.attempt == attempt and one.succeeded and one.finished_at]
    return max(done, key=lambda one: one.finished_at or LONG_AGO, default=None)


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
    # The checkpoint proves that the attempt lived then, whenever it ended.
    carried = (min(taken_at, attempt.ended_at or taken_at) - fresh).total_seconds()
    return {**before, source: max(0.0, carried)}


def _used(job: Job, restore: Restore, number: int) -> tuple[int, datetime] | None:
    """(attempt, taken_at) of the checkpoint a restore used; FROM_ZERO where there was none; None where unknown."""
    if restore.checkpoint_id is None and restore.checkpoint_taken_at is None:
        return _latest_before(job, restore, number)
    named = [one for one in job.checkpoints if _is_named(one, restore)]
    if named:
        return (named[0].attempt, named[0].taken_at) if named[0].attempt < number and named[0].taken_at else None
    taken_at = restore.checkpoint_taken_at
    if taken_at is None:
        return None
    holding = [a.number for a in job.attempts[: number - 1] if a.started_at and a.started_at <= taken_at]
    return (max(holding), taken_at) if holding else None


def _is_named(checkpoint: Checkpoint, restore: Restore) -> bool:
    if restore.checkpoint_id is not None:
        return checkpoint.checkpoint_id == restore.checkpoint_id
    return checkpoint.taken_at == restore.checkpoint_taken_at and checkpoint.attempt < restore.attempt


def _latest_before(job: Job, restore: Restore, number: int) -> tuple[int, datetime] | None:
    began = restore.started_at or restore.finished_at
    earlier = [one for one in job.checkpoints if one.succeeded and one.attempt < number]
    if any(one.taken_at is None for one in earlier):
        return None
    taken = [(one.taken_at, one.attempt) for one in earlier if one.taken_at and began and one.taken_at < began]
    if not taken:
        return FROM_ZERO
    taken_at, attempt = max(taken)
    return attempt, taken_at
