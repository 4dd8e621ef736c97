"""CloudEvents of one run, with identities that a second sending repeats and a second run does not."""

from datetime import datetime, timezone
from typing import Any, Dict, Mapping, Optional

PREFIX = "mmbatch."


def stamp(moment: Optional[datetime] = None) -> str:
    """An instant as the events carry it: UTC, to the microsecond."""
    return (moment or datetime.now(timezone.utc)).astimezone(timezone.utc).isoformat().replace("+00:00", "Z")


def build_event(
    kind: str, source: str, identity: str, data: Mapping[str, Any], *, time: Optional[str] = None
) -> Dict[str, Any]:
    """One CloudEvent.

    Args:
        kind: type without the prefix, such as `job.started`.
        source: `reporter/<instance id or host>`.
        identity: what makes it the same event however often it is sent.
        data: fields; those that are None are left out.
        time: when it happened; now if not given.
    """
    subject = data.get("job_id") or data.get("instance_id") or data.get("node_id")
    event: Dict[str, Any] = {
        "specversion": "1.0",
        "id": identity,
        "source": source,
        "type": PREFIX + kind,
        "time": time or stamp(),
        "data": {name: value for name, value in data.items() if value is not None},
    }
    if subject:
        event["subject"] = subject
    return event


def job_identity(job_id: str, attempt: int, nonce: str, kind: str, number: Any) -> str:
    """What names one event of one run for ever: a restarted wrapper has another nonce."""
    return f"{job_id}/{attempt}/{nonce}/{kind}/{number}"


def end_of_dead_run(told: Mapping[str, Any]) -> Dict[str, Any]:
    """The end that a run could not tell itself, from its mark alone, so that all who tell it tell the same.

    Its time is the later of the last sign of life and the end of the last checkpoint; `inferred` says that AWS's word
    goes before it.
    """
    job_id, attempt, nonce = told["job_id"], int(told.get("attempt") or 1), str(told.get("nonce") or "")
    alive, checkpoint = told.get("alive_at") or "", told.get("last_checkpoint_at") or ""
    data = {
        "job_id": job_id,
        "attempt": attempt,
        "reason": "reclaimed" if told.get("noticed") else "host_lost",
        "instance_id": told.get("instance_id"),
        "inferred": True,
    }
    identity = job_identity(job_id, attempt, nonce, "end", 0)
    source = str(told.get("source") or "reporter/unknown")
    return build_event("job.interrupted", source, identity, data, time=max(alive, checkpoint) or None)
