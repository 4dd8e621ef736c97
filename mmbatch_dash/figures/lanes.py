"""What an attempt did with its time, in stretches: waiting, restoring, work that was carried on, work that was lost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

Row = Mapping[str, Any]
_INTERRUPTED = ("reclaimed", "host_lost")


@dataclass(frozen=True, slots=True)
class Segment:
    """One stretch of one attempt.

    Attributes:
        kind: waiting, restoring, carried, lost, dropped (ended otherwise and not carried on) or latest.
        failed: of a restore.
    """

    attempt: int
    kind: str
    start: datetime
    end: datetime
    failed: bool = False


def build_segments(job: Row, attempts: Sequence[Row], restores: Sequence[Row], as_of: datetime) -> list[Segment]:
    """The stretches of all attempts, in order; those without a known start or end are left out.

    Args:
        job: submitted_at, completed_at, status.
        attempts: in order; until carried_until_at an attempt's work was carried into the latest one.
        restores: of the job.
        as_of: end of what is still open.
    """
    ran = [attempt for attempt in attempts if attempt["end_reason"] != "not_started"]
    segments: list[Segment] = []
    free_at = job.get("submitted_at")
    for attempt in ran:
        segments += _wait(attempt["attempt"], free_at, attempt["started_at"])
        segments += _work(attempt, job, restores, latest=attempt is ran[-1], as_of=as_of)
        free_at = attempt["ended_at"]
    ended = ran[-1]["end_reason"] != "running" if ran else True
    if ended and job.get("completed_at") is None and job.get("status") not in ("SUCCEEDED", "FAILED"):
        lane = ran[-1]["attempt"] if ran else 1
        segments += _wait(lane, free_at, as_of)
    return segments


def _wait(attempt: int, since: datetime | None, until: datetime | None) -> list[Segment]:
    return [Segment(attempt, "waiting", since, until)] if since and until and since < until else []


def _work(attempt: Row, job: Row, restores: Sequence[Row], *, latest: bool, as_of: datetime) -> list[Segment]:
    number, start = attempt["attempt"], attempt["started_at"]
    end = attempt["ended_at"] or (as_of if attempt["end_reason"] == "running" else None)
    if start is None or end is None or end < start:
        return []
    restoring = [_restore(row, start, end) for row in restores if row["attempt"] == number]
    spans = [segment for segment in restoring if segment is not None]
    fresh = max((segment.end for segment in spans if not segment.failed), default=start)
    reclaimed_to_the_end = latest and attempt["end_reason"] == "reclaimed" and job.get("status") == "FAILED"
    if latest and not reclaimed_to_the_end:
        return [*spans, Segment(number, "latest", fresh, end)]
    lost = "lost" if attempt["end_reason"] in _INTERRUPTED else "dropped"
    if attempt["carried_until_at"] is None:
        return [*spans, Segment(number, lost, fresh, end)]
    kept_to = min(max(attempt["carried_until_at"], fresh), end)
    return [*spans, Segment(number, "carried", fresh, kept_to), Segment(number, lost, kept_to, end)]


def _restore(row: Row, start: datetime, end: datetime) -> Segment | None:
    finish = row["finished_at"]
    if finish is None:
        return None
    begin = row["started_at"] or finish - timedelta(seconds=row["duration_seconds"] or 0)
    begin, finish = max(begin, start), min(finish, end)
    if finish < begin:
        return None
    return Segment(row["attempt"], "restoring", begin, finish, failed=row["outcome"] != "succeeded")
