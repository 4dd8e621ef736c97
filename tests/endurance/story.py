"""Seeded lives of jobs as native events, cheap to make by the thousand."""

import random
from typing import Any


def job_events(chance: random.Random, number: int, source: str) -> list[dict[str, Any]]:
    """The events of one job: submitted, one to three attempts with checkpoints and restores, an end or none."""
    job_id = f"{source}/job-{number}"
    minute = chance.randrange(20_000)
    events: list[dict[str, Any]] = []

    def say(kind: str, after: int, **data: Any) -> None:
        at = minute + after
        day, rest = divmod(at, 24 * 60)
        events.append(
            {
                "specversion": "1.0",
                "id": f"{number}/{len(events)}",
                "source": source,
                "type": f"mmbatch.{kind}",
                "time": f"2026-03-{1 + day:02}T{rest // 60:02}:{rest % 60:02}:00Z",
                "data": {"job_id": job_id, **data},
            }
        )

    say("job.submitted", 0, queue=chance.choice(["align", "call", "qc"]), vcpus=chance.choice([2, 4, 8]))
    attempts, after = chance.randint(1, 3), 5
    for attempt in range(1, attempts + 1):
        place = {"instance_id": f"i-{source}-{number}-{attempt}", "instance_type": "m5.large"}
        say("job.started", after, attempt=attempt, purchase_option="spot", usd_per_hour=0.1, **place)
        if attempt > 1:
            say("restore.succeeded", after + 2, attempt=attempt, duration_seconds=60)
        say("checkpoint.succeeded", after + 30, attempt=attempt, duration_seconds=30, checkpoint_id=f"c{attempt}")
        after += 45
        if attempt < attempts:
            say("job.interrupted", after, attempt=attempt, reason="reclaimed")
            after += 5
    if chance.random() < 0.8:
        say(chance.choice(["job.succeeded", "job.succeeded", "job.failed"]), after, attempt=attempts)
    return events
