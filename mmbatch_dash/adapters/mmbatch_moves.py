"""Which moves of an MMBatch job from node to node are the Spot protections that its record counts."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from mmbatch_dash.adapters.mmbatch_placing import RESTORING, RUNNING, Placed

RESTORED = "mmbatch.restore.succeeded"


@dataclass(frozen=True, slots=True)
class Moves:
    """What the count says.

    Attributes:
        reclaimed: numbers of the attempts that Spot took.
        restored: attempt → when it began, of restores that the events leave out; None where they leave out the attempt.
        unseen: how many more attempts there were than events show.
    """

    reclaimed: frozenset[int] = frozenset()
    restored: dict[int, datetime | None] = field(default_factory=dict)
    unseen: int = 0


def count_moves(placed: Sequence[Placed], protections: int, *, ended: bool) -> Moves:
    """The moves that are protections.

    Args:
        placed: all events of the job.
        protections: how many the record counts.
        ended: whether the job has ended, so that no event is still to come.
    """
    last = max((event.attempt or 0 for event in placed), default=0)
    kinds: dict[int, set[str]] = {attempt: set() for attempt in range(1, last + 1)}
    begun: dict[int, datetime] = {}
    for event in placed:
        if event.attempt:
            kinds[event.attempt].add(event.told.kind)
            if event.begins:
                begun[event.attempt] = event.told.at
    moves = range(1, last)
    proven = [attempt for attempt in moves if "Job-RestoreSucceeded" in kinds[attempt + 1]]
    unproven = [
        attempt
        for attempt in moves
        if "Job-RestoreSucceeded" not in kinds[attempt + 1] and "Job-RestoreFailed" not in kinds[attempt + 1]
    ]
    # What stopped was taken away; what failed by itself was not.
    chosen = sorted(proven, key=lambda attempt: "Job-Failed" in kinds[attempt])[:protections]
    chosen += unproven[: protections - len(chosen)]
    restored: dict[int, datetime | None] = {
        attempt + 1: _restored_at(placed, attempt + 1) or begun[attempt + 1]
        for attempt in chosen
        if attempt in unproven
    }
    unseen = protections - len(chosen) if ended and last else 0
    for attempt in range(last, last + unseen):
        chosen.append(attempt)
        restored[attempt + 1] = None
    return Moves(frozenset(chosen), restored, unseen)


def _restored_at(placed: Sequence[Placed], attempt: int) -> datetime | None:
    """When an attempt ran that was being restored: its restore had succeeded by then."""
    restoring = False
    for event in placed:
        if event.attempt == attempt:
            if restoring and event.told.kind == RUNNING:
                return event.told.at
            restoring = restoring or event.told.kind == RESTORING
    return None
