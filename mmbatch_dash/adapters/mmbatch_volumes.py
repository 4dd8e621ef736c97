"""What an MMBatch record says of a job's EBS volume: its events, and the two states in which it is not ready.

The published names are `Volume-Created`, `Volume-Attached` and the job states *Volume Unready* and *Restore Volume
Unready*; they are read however they are spelled. A volume makes no attempt.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from mmbatch_dash.adapters.mmbatch_placing import RESTORING, RUNNING, Placed, Told
from mmbatch_dash.domain.choices import JobStatus
from mmbatch_dash.domain.facts import VOLUME, VOLUME_LISTED, VOLUME_UNREADY, Fact
from mmbatch_dash.domain.volumes import UNREADY_REASONS, WENT_ON

_ID_KEYS = ("volumnId", "volumeId")
"""The key that the server spells, and the one that a later one may."""
MOST_LISTED, LONGEST_ID = 100, 512
"""Of the volumes of one job: a bound for hostile records, far above what a job has."""
_GOES_ON = frozenset({RUNNING, RESTORING, "Job-Succeeded"})


def read_volume(told: Told, job_id: str) -> Fact | None:
    """What an event says of a volume; None where it is of none."""
    step = _step_of(told.kind)
    if step is None:
        return None
    fact: Fact = {"type": VOLUME + step, "at": told.at, "job_id": job_id}
    if volume := _volume_of(told):
        fact["volume_id"] = volume
    return fact


def list_volumes(record: Mapping[str, Any], placed: Sequence[Placed], job_id: str, at: datetime) -> list[Fact]:
    """The volumes that the record lists and no event names."""
    listed = record.get("volumeIds")
    names = dict.fromkeys(name for name in listed if isinstance(name, str) and name) if isinstance(listed, list) else {}
    told = {_volume_of(event.told) for event in placed}
    return [
        {"type": VOLUME_LISTED, "at": at, "job_id": job_id, "volume_id": name[:LONGEST_ID]}
        for name in list(names)[:MOST_LISTED]
        if name not in told
    ]


def unready_reason(status: str, placed: Sequence[Placed]) -> str | None:
    """Why a job waits for its volume, waited or failed for want of it; None where it never did.

    Args:
        status: as the record has it.
        placed: its events.
    """
    if reason := UNREADY_REASONS.get(_letters(status)):
        return reason
    unready = [number for number, event in enumerate(placed) if _letters(event.told.kind) in UNREADY_REASONS]
    if not unready:
        return None
    reason = UNREADY_REASONS[_letters(placed[unready[-1]].told.kind)]
    went_on = any(event.told.kind in _GOES_ON for event in placed[unready[-1] + 1 :])
    return reason + WENT_ON if went_on else reason


def unready_status(status: str) -> str | None:
    """What AWS Batch calls the state of a job that waits for its volume; None of any other state."""
    return JobStatus.STARTING.value if _letters(status) in UNREADY_REASONS else None


def _volume_of(told: Told) -> str | None:
    named = (told.raw.get(key) for key in _ID_KEYS)
    return next((name[:LONGEST_ID] for name in named if isinstance(name, str) and name), None)


def _step_of(kind: str) -> str | None:
    if _letters(kind) in UNREADY_REASONS:
        return VOLUME_UNREADY.removeprefix(VOLUME) + ("_at_restore" if "restore" in _letters(kind) else "")
    area, _, step = kind.partition("-")
    return step.lower() if area.lower() == "volume" and step.isalpha() else None


def _letters(kind: str) -> str:
    """`Job-VolumeUnready` and `Volume Unready` are the same."""
    return "".join(letter for letter in kind.lower() if letter.isalpha()).removeprefix("job")
