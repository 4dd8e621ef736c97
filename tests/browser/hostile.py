"""Jobs whose texts try to be more than texts, and very many jobs."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

START = datetime.combine(datetime.now(UTC).date() - timedelta(days=14), time(), UTC)
SCRIPT = "<script>window.hacked=1</script><img src=x onerror='window.hacked=1'>"
HOSTILE_ID = "../<script>window.hacked=1</script>?#%2F"


def _event(number: int, kind: str, minutes: float, data: dict[str, Any]) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": f"h-{number}",
        "source": "/hostile",
        "type": f"mmbatch.{kind}",
        "time": (START + timedelta(minutes=minutes)).isoformat(),
        "data": data,
    }


def build_hostile() -> list[dict[str, Any]]:
    """One job, one node: script, formula, newline, right-to-left override, 10,000 characters."""
    job = {
        "job_id": HOSTILE_ID,
        "name": SCRIPT + "\u202egnp.exe" + "x" * 10_000,
        "queue": SCRIPT + "\nqueue",
        "user": "=cmd|'/c calc'!A1" + SCRIPT,
        "tags": {SCRIPT: "@SUM(A1)\r\n"},
        "vcpus": 2,
    }
    place = {"job_id": HOSTILE_ID, "attempt": 1, "instance_id": "i-h", "instance_type": SCRIPT, "node_id": SCRIPT}
    return [
        _event(1, "job.submitted", 0, job),
        _event(2, "job.started", 5, place),
        _event(3, "checkpoint.succeeded", 20, {"job_id": HOSTILE_ID, "attempt": 1, "checkpoint_id": SCRIPT}),
        _event(4, "job.failed", 30, {"job_id": HOSTILE_ID, "attempt": 1, "reason": SCRIPT, "exit_code": 1}),
        _event(5, "node.heartbeat", 30, {"node_id": SCRIPT, "instance_id": "i-h", "engine_version": SCRIPT}),
    ]


def build_many(jobs: int) -> list[dict[str, Any]]:
    """That many submitted jobs, named in order."""
    return [
        _event(100 + number, "job.submitted", number, {"job_id": f"id-{number}", "name": f"many-{number:04d}"})
        for number in range(jobs)
    ]
