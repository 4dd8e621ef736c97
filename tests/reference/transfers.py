"""Checkpoints and restores of one job, merged from what was said of their start and their end."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tests.reference.instances import column
from tests.reference.said import Said

Pair = tuple[Said | None, Said | None]


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
    """Checkpoints by id; without one by (attempt, taken_at), which may be that of one with an id."""
    pairs = [[one for one in pair if one] for pair in _pairs(said, "mmbatch.checkpoint.")]
    with_id: dict[str, list[Said]] = defaultdict(list)
    for pair in pairs:
        if (identity := column(pair, "checkpoint_id")) is not None:
            with_id[identity] += pair
    known = {
        (made.attempt, made.taken_at): group
        for _, group in sorted(with_id.items(), reverse=True)
        if (made := _checkpoint(group)).taken_at
    }
    without: dict[Any, list[Said]] = defaultdict(list)
    for number, pair in enumerate(pairs):
        if column(pair, "checkpoint_id") is not None:
            continue
        made = _checkpoint(pair)
        key = (made.attempt, made.taken_at)
        if key in known:
            known[key] += pair
        else:
            without[key if made.taken_at else number] += pair
    return [_checkpoint(group) for group in (*with_id.values(), *without.values())]


def merge_restores(said: Sequence[Said]) -> list[Restore]:
    """Restores; the same outcome at the same moment of one attempt is one."""
    made = [_restore(start, end) for start, end in _pairs(said, "mmbatch.restore.")]
    apart = {(one.attempt, one.checkpoint_id, one.succeeded, one.finished_at or one.started_at): one for one in made}
    return list(apart.values())


def _pairs(said: Sequence[Said], prefix: str) -> Iterator[Pair]:
    """Each end with the start right before it in its attempt, unless the two name different checkpoints."""
    by_attempt: dict[int, list[Said]] = defaultdict(list)
    for one in said:
        if one.type.startswith(prefix):
            by_attempt[one.fact["attempt"]].append(one)
    for mine in by_attempt.values():
        start: Said | None = None
        for one in sorted(mine, key=lambda one: (one.fact["at"], not _is_start(one), one.weight)):
            names = {other.fact["checkpoint_id"] for other in (start, one) if other and "checkpoint_id" in other.fact}
            if start and (_is_start(one) or len(names) > 1):
                yield start, None
                start = None
            if _is_start(one):
                start = one
            else:
                yield start, one
                start = None
        if start:
            yield start, None


def _checkpoint(group: list[Said]) -> Checkpoint:
    starts, ends = [one for one in group if _is_start(one)], [one for one in group if not _is_start(one)]
    started_at = min([one.fact["at"] for one in starts], default=None)
    end = max(ends, key=lambda one: one.weight, default=None)
    return Checkpoint(
        attempt=max(group, key=lambda one: one.weight).fact["attempt"],
        checkpoint_id=column(group, "checkpoint_id"),
        taken_at=column(group, "taken_at") or started_at,
        duration_seconds=_duration(ends, started_at, end.fact["at"] if end else None),
        succeeded=end.type.endswith(".succeeded") if end else None,
    )


def _restore(start: Said | None, end: Said | None) -> Restore:
    group = [one for one in (start, end) if one]
    finished_at = end.fact["at"] if end else None
    started_at = start.fact["at"] if start else None
    duration = _duration([end] if end else [], started_at, finished_at)
    if started_at is None and finished_at is not None and duration is not None:
        started_at = finished_at - timedelta(seconds=duration)
    return Restore(
        attempt=group[0].fact["attempt"],
        checkpoint_id=column(group, "checkpoint_id"),
        checkpoint_taken_at=column(group, "checkpoint_taken_at"),
        started_at=started_at,
        finished_at=finished_at,
        duration_seconds=duration,
        succeeded=end.type.endswith(".succeeded") if end else None,
    )


def _duration(ends: list[Said], started_at: datetime | None, finished_at: datetime | None) -> float | None:
    said = column(ends, "duration_seconds")
    if said is not None:
        return float(said)
    if started_at is None or finished_at is None:
        return None
    return max(0.0, (finished_at - started_at).total_seconds())


def _is_start(one: Said) -> bool:
    return one.type.endswith(".started")
