"""Worlds in which sources forgot, repeated, misdated and misordered what they said: for store against reference."""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from mmbatch_dash.demo import DEFAULT_SCENARIO, simulate

Event = dict[str, Any]

END_AT = datetime(2026, 3, 2, 18, 0, tzinfo=UTC)
FORGETTABLE = {
    "mmbatch.job.succeeded": ("attempt",),
    "mmbatch.job.failed": ("attempt",),
    "mmbatch.job.cancelled": ("attempt",),
    "mmbatch.job.submitted": ("vcpus", "queue", "user"),
    "mmbatch.job.started": ("purchase_option", "availability_zone", "instance_type", "node_id", "instance_launched_at"),
    "mmbatch.checkpoint.succeeded": ("duration_seconds", "taken_at"),
    "mmbatch.checkpoint.failed": ("duration_seconds", "taken_at"),
    "mmbatch.restore.started": ("checkpoint_id", "checkpoint_taken_at"),
    "mmbatch.restore.succeeded": ("checkpoint_id", "checkpoint_taken_at", "duration_seconds"),
    "mmbatch.restore.failed": ("duration_seconds",),
}


def build_hard_world(seed: int, *, jobs: int = 40, end_at: datetime = END_AT) -> list[Event]:
    """A day of short jobs with many reclaims, then mangled: shuffled, with losses, repeats, gaps and wrong clocks."""
    scenario = DEFAULT_SCENARIO.hurried().model_copy(update={"days": 1})
    return mangle(simulate(scenario, seed=seed, jobs=jobs, end_at=end_at), Random(seed))


def mangle(events: Any, rng: Random, *, share: float = 0.06) -> list[Event]:
    """These events, each kind of damage done to about `share` of them; ids stay unique for what is said once."""
    mangled: list[Event] = []
    for event in events:
        draw = rng.random()
        if draw < share:
            continue
        damaged = {**event, "data": dict(event["data"])}
        if draw < 3 * share:
            for name in FORGETTABLE.get(event["type"], ()):
                if rng.random() < 0.5:
                    damaged["data"].pop(name, None)
        elif draw < 4 * share:
            moved = datetime.fromisoformat(event["time"]) + timedelta(seconds=rng.choice((-900, -200, -30, 30, 200)))
            damaged["time"] = moved.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        mangled += [damaged] * (2 if rng.random() < 2 * share else 1)
    rng.shuffle(mangled)
    return mangled
