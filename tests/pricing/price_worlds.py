"""Random worlds of prices: jobs that share instances, unknown rates, free hours, prices that change and come late."""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

Event = dict[str, Any]

DAY = datetime(2026, 3, 1, tzinfo=UTC)
TYPES = ("zz1.large", "zz2.xlarge")
ZONES = ("us-east-1a", "eu-west-1b", "us-west-2-lax-1a")
UNZONED = 0.15
OPTIONS = ("spot", "spot", "spot", "on-demand", None)


def build_price_world(
    seed: int, *, jobs: int = 24, instances: int = 8, prices: int = 40
) -> tuple[list[Event], list[Event]]:
    """(events about jobs and instances, events about prices); ids are unique."""
    rng = Random(seed)
    made = _Maker(rng)
    fleet = [_instance(rng, number) for number in range(instances)]
    for host in fleet:
        if rng.random() < 0.9:
            size = {"vcpus": host["vcpus"], "memory_mib": host["memory_mib"]} if rng.random() < 0.9 else {}
            launched = {"instance_launched_at": _text(host["launched_at"])} if rng.random() < 0.7 else {}
            made.add(
                "node.registered",
                host["launched_at"],
                node_id=f"n-{host['id']}",
                instance_id=host["id"],
                **size,
                **launched,
            )
    for number in range(jobs):
        _add_job(made, rng, f"job-{number}", fleet)
    about_jobs, made.events = made.events, []
    for _ in range(prices):
        at = DAY + timedelta(minutes=rng.randrange(-120, 24 * 60))
        option = rng.choice(("spot", "spot", "on-demand"))
        zone = rng.choice(ZONES)
        place = {"availability_zone": zone} if option == "spot" else {"region": zone[:-1]}
        made.add(
            "price.observed",
            at + timedelta(seconds=rng.choice((0, 0, 7))),
            instance_type=rng.choice(TYPES),
            purchase_option=option,
            usd_per_hour=round(rng.uniform(0.01, 3), 4),
            effective_at=_text(at),
            **place,
        )
    return about_jobs, made.events


class _Maker:
    def __init__(self, rng: Random) -> None:
        self.events: list[Event] = []
        self._rng = rng
        self._count = 0

    def add(self, kind: str, at: datetime, **data: Any) -> None:
        self._count += 1
        given = {name: value for name, value in data.items() if value is not None}
        event = {"specversion": "1.0", "id": str(self._count), "source": "test/prices", "type": f"mmbatch.{kind}"}
        self.events.append({**event, "time": _text(at), "data": given})


def _instance(rng: Random, number: int) -> dict[str, Any]:
    kind = rng.choice(TYPES)
    vcpus = 4 if kind == TYPES[0] else 8
    return {
        "id": f"i-{number}",
        "type": kind,
        "zone": rng.choice(ZONES),
        "option": rng.choice(OPTIONS),
        "vcpus": vcpus,
        "memory_mib": vcpus * 4096,
        "launched_at": DAY + timedelta(minutes=rng.randrange(0, 12 * 60)),
    }


def _add_job(made: _Maker, rng: Random, job_id: str, fleet: list[dict[str, Any]]) -> None:
    vcpus = rng.choice((0.5, 1, 2, 3, 8, None))
    memory = rng.choice((512, 4096, 16384, None))
    at = DAY + timedelta(minutes=rng.randrange(0, 12 * 60))
    made.add("job.submitted", at, job_id=job_id, vcpus=vcpus, memory_mib=memory, queue="q")
    count = rng.choice((1, 1, 2, 3))
    for attempt in range(1, count + 1):
        host = rng.choice(fleet)
        at = max(at, host["launched_at"]) + timedelta(minutes=rng.randrange(0, 20))
        made.add(
            "job.started",
            at,
            job_id=job_id,
            attempt=attempt,
            instance_id=host["id"],
            instance_type=host["type"],
            availability_zone=None if rng.random() < UNZONED else host["zone"],
            purchase_option=host["option"],
            usd_per_hour=round(rng.uniform(0.1, 1), 3) if rng.random() < 0.2 else None,
        )
        at += timedelta(seconds=rng.choice((0, 1, 600, 1800, 5400, 20000)))
        if attempt < count:
            made.add("job.interrupted", at, job_id=job_id, attempt=attempt, reason=rng.choice(("reclaimed", "failed")))
        elif rng.random() < 0.85:
            made.add("job.succeeded", at, job_id=job_id, attempt=attempt)


def _text(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
