"""The chain of restores that carried work into a job's latest attempt (metrics.md section 3), told step by step."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

Row = Mapping[str, Any]


def carried_steps(attempts: Sequence[Row], checkpoints: Sequence[Row], restores: Sequence[Row]) -> list[dict[str, Any]]:
    """The restores that carried work, from the one into the latest attempt back to the first.

    Args:
        attempts: of one job, in order.
        checkpoints: all of the job.
        restores: all of the job; `checkpoint_attempt` says where the work came from.

    Returns:
        Rows with into_attempt, from_attempt, checkpoint_taken_at, from_ended_at, fresh_at (when attempt
        from_attempt began new work) and carried_seconds; None where unknown. Empty where nothing was carried.
    """
    by_number = {row["attempt"]: row for row in attempts}
    steps: list[dict[str, Any]] = []
    number = attempts[-1]["attempt"] if attempts else None
    while number is not None:
        restore = _last_success(restores, number)
        if restore is None or restore["checkpoint_attempt"] is None or restore["checkpoint_attempt"] >= number:
            break
        source = by_number.get(restore["checkpoint_attempt"])
        earlier = _last_success(restores, restore["checkpoint_attempt"])
        step = {
            "into_attempt": number,
            "from_attempt": restore["checkpoint_attempt"],
            "checkpoint_taken_at": _taken_at(restore, checkpoints),
            "from_ended_at": source["ended_at"] if source else None,
            "fresh_at": earlier["finished_at"] if earlier else source["started_at"] if source else None,
        }
        steps.append({**step, "carried_seconds": _carried(step)})
        number = restore["checkpoint_attempt"]
    return steps


def _carried(step: Mapping[str, Any]) -> float | None:
    taken_at, ended_at, fresh_at = step["checkpoint_taken_at"], step["from_ended_at"], step["fresh_at"]
    if taken_at is None or ended_at is None or fresh_at is None:
        return None
    return float(max(0.0, (min(taken_at, ended_at) - fresh_at).total_seconds()))


def _last_success(restores: Sequence[Row], attempt: int) -> Row | None:
    found = [row for row in restores if row["attempt"] == attempt and row["outcome"] == "succeeded"]
    return max(found, key=lambda row: row["finished_at"]) if found else None


def _taken_at(restore: Row, checkpoints: Sequence[Row]) -> datetime | None:
    if restore["checkpoint_id"] is not None:
        named = [row["taken_at"] for row in checkpoints if row["checkpoint_id"] == restore["checkpoint_id"]]
        found: datetime | None = named[0] if named else None
        return found or restore["checkpoint_taken_at"]
    if restore["checkpoint_taken_at"] is not None:
        return restore["checkpoint_taken_at"]  # type: ignore[no-any-return]
    began_at = restore["started_at"] or restore["finished_at"] - timedelta(seconds=restore["duration_seconds"] or 0)
    before = [
        row["taken_at"]
        for row in checkpoints
        if row["outcome"] == "succeeded"
        and row["attempt"] < restore["attempt"]
        and row["taken_at"] is not None
        and row["taken_at"] < began_at
    ]
    return max(before, default=None)
