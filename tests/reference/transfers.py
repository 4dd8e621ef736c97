"""Checkpoints and restores of one job, merged from what was said of their start and their end."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tests.reference.instances import column
from tests.reference.said import Said


@dataclass
class Checkpoint:
    """One checkpoint; `succeeded` is None while only its start is known."""

    attempt: int
    checkpoint_id: str | None
    taken_at: datetime | None
    duration_seconds: float | None
    succeeded: bool | None


@dataclass
class Restore:
    """One restore into `attempt`; `succeeded` is None while only its start is known."""

    attempt: int
    checkpoint_id: str | None
    checkpoint_taken_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    duration_seconds: float | None
    succeeded: bool | None


def merge_checkpoints(said: Sequence[Said]) -> list[Checkpoint]:
    """Checkpoints by id, or by (attempt, taken_at) where they have none; an id-less end takes the start before it."""
    mine = [one for one in said if one.fact["type"].startswith("mmbatch.checkpoint.")]
    groups: dict[Any, list[Said]] = defaultdict(list)
    for one in mine:
        fact = one.fact
        if "checkpoint_id" in fact:
            groups[fact["checkpoint_id"]].append(one)
            continue
        taken_at = fact.get("taken_at") or (fact["at"] if _is_start(one) else _latest_start(mine, one))
        groups[fact["attempt"], taken_at or ("ended", fact["at"])].append(one)
    return [_checkpoint(group) for group in groups.values()]


def _latest_start(mine: list[Said], end: Said) -> datetime | None:
    starts = [
        one.fact.get("taken_at", one.fact["at"])
        for one in mine
        if _is_start(one) and "checkpoint_id" not in one.fact and one.fact["attempt"] == end.fact["attempt"]
        if one.fact["at"] <= end.fact["at"]
    ]
    return max(starts, default=None)


def _checkpoint(group: list[Said]) -> Checkpoint:
    starts, ends = [one for one in group if _is_start(one)], [one for one in group if not _is_start(one)]
    start, end = _last(starts), _last(ends)
    first = start or end
    assert first is not None
    started_at = start.fact["at"] if start else None
    return Checkpoint(
        attempt=(end or first).fact["attempt"],
        checkpoint_id=first.fact.get("checkpoint_id"),
        taken_at=column(group, "taken_at") or started_at,
        duration_seconds=_duration(group, started_at, end.fact["at"] if end else None),
        succeeded=end.fact["type"].endswith(".succeeded") if end else None,
    )


def merge_restores(said: Sequence[Said]) -> list[Restore]:
    """Restores: each end, with the latest start of its attempt since the end before it; then a start without end."""
    by_attempt: dict[int, list[Said]] = defaultdict(list)
    for one in said:
        if one.fact["type"].startswith("mmbatch.restore."):
            by_attempt[one.fact["attempt"]].append(one)
    restores = []
    for attempt in sorted(by_attempt):
        start: Said | None = None
        # At one instant an end closes what began before it: starts sort last.
        for one in sorted(by_attempt[attempt], key=lambda one: (one.fact["at"], _is_start(one), one.weight)):
            if _is_start(one):
                start = one
                continue
            restores.append(_restore(attempt, start, one))
            start = None
        if start:
            restores.append(_restore(attempt, start, None))
    return restores


def _restore(attempt: int, start: Said | None, end: Said | None) -> Restore:
    group = [one for one in (start, end) if one]
    finished_at = end.fact["at"] if end else None
    started_at = start.fact["at"] if start else None
    duration = _duration(group, started_at, finished_at)
    if started_at is None and finished_at is not None and duration is not None:
        started_at = finished_at - timedelta(seconds=duration)
    return Restore(
        attempt=attempt,
        checkpoint_id=column(group, "checkpoint_id"),
        checkpoint_taken_at=column(group, "checkpoint_taken_at"),
        started_at=started_at,
        finished_at=finished_at,
        duration_seconds=duration,
        succeeded=end.fact["type"].endswith(".succeeded") if end else None,
    )


def _duration(group: list[Said], started_at: datetime | None, finished_at: datetime | None) -> float | None:
    said = column(group, "duration_seconds")
    if said is not None:
        return float(said)
    if started_at is None or finished_at is None:
        return None
    return max(0.0, (finished_at - started_at).total_seconds())


def _is_start(one: Said) -> bool:
    return one.fact["type"].endswith(".started")


def _last(group: list[Said]) -> Said | None:
    return max(group, key=lambda one: one.weight) if group else None
