"""A small fleet of native events to look at in a browser: three queues, ten days, one reclaim in three jobs."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

DAY_ONE = datetime.combine(datetime.now(UTC).date() - timedelta(days=14), time(), UTC)
QUEUES = ("align", "call", "qc")
JOBS_PER_DAY = 6
DAYS = 10


def build_events() -> list[dict[str, Any]]:
    """CloudEvents of 60 jobs: each runs two hours on spot; every third is reclaimed after one and restored."""
    events: list[dict[str, Any]] = [_ON_DEMAND_PRICE]
    for day in range(DAYS):
        for place in range(JOBS_PER_DAY):
            events += _build_job(day * JOBS_PER_DAY + place, DAY_ONE + timedelta(days=day, hours=3 * place))
    return events


def _build_job(number: int, start: datetime) -> list[dict[str, Any]]:
    job = f"job-{number:03d}"
    first = {"job_id": job, "attempt": 1, "instance_id": f"i-{number:04d}a"} | _ON_SPOT
    taken_at = (start + timedelta(minutes=49)).isoformat()
    checkpoint = {"job_id": job, "attempt": 1, "checkpoint_id": "c1", "taken_at": taken_at, "duration_seconds": 40}
    told: list[tuple[str, int, dict[str, Any]]] = [
        ("job.submitted", 0, {"job_id": job, "queue": QUEUES[number % 3], "vcpus": 8, "user": "alice"}),
        ("job.started", 5, first),
        ("checkpoint.succeeded", 50, checkpoint),
    ]
    if number % 3 == 0:
        second = {"job_id": job, "attempt": 2, "instance_id": f"i-{number:04d}b"} | _ON_SPOT
        told += [
            ("job.interrupted", 65, {"job_id": job, "attempt": 1, "reason": "reclaimed"}),
            ("job.started", 70, second),
            ("restore.succeeded", 72, {"job_id": job, "attempt": 2, "checkpoint_id": "c1", "duration_seconds": 90}),
            ("job.succeeded", 140, {"job_id": job, "attempt": 2, "exit_code": 0}),
        ]
    else:
        told.append(("job.succeeded", 125, {"job_id": job, "attempt": 1, "exit_code": 0}))
    return [
        {
            "specversion": "1.0",
            "id": f"{job}-{place}",
            "source": "/fleet",
            "type": f"mmbatch.{kind}",
            "time": (start + timedelta(minutes=minutes)).isoformat(),
            "data": data,
        }
        for place, (kind, minutes, data) in enumerate(told)
    ]


_ON_DEMAND_PRICE: dict[str, Any] = {
    "specversion": "1.0",
    "id": "price-1",
    "source": "/fleet",
    "type": "mmbatch.price.observed",
    "time": (DAY_ONE - timedelta(days=60)).isoformat(),
    "data": {
        "region": "us-east-1",
        "instance_type": "c5.2xlarge",
        "purchase_option": "on-demand",
        "usd_per_hour": 0.34,
        "effective_at": (DAY_ONE - timedelta(days=60)).isoformat(),
    },
}

_ON_SPOT: dict[str, Any] = {
    "instance_type": "c5.2xlarge",
    "availability_zone": "us-east-1a",
    "purchase_option": "spot",
    "usd_per_hour": 0.14,
}
