"""The worked examples of docs/definitions.md section 3 as native events, and small builders for others like it."""

from typing import Any

DAY = "2026-03-01T"


def event(kind: str, clock: str, /, **data: Any) -> dict[str, Any]:
    """One CloudEvent of 1 March 2026 at `clock` (HH:MM or HH:MM:SS) with an id made of what it says."""
    return {
        "specversion": "1.0",
        "id": f"{kind}/{clock}/{data.get('job_id') or data.get('instance_id') or data.get('purchase_option')}",
        "source": "test/agent",
        "type": f"mmbatch.{kind}",
        "time": at(clock),
        "data": data,
    }


def at(clock: str) -> str:
    """An instant of 1 March 2026 as RFC 3339."""
    return f"{DAY}{clock}Z" if clock.count(":") == 2 else f"{DAY}{clock}:00Z"


def job(kind: str, clock: str, attempt: int | None = None, **data: Any) -> dict[str, Any]:
    """One event about job-1."""
    number = {} if attempt is None else {"attempt": attempt}
    return event(kind, clock, job_id="job-1", **number, **data)


def start(clock: str, attempt: int, **data: Any) -> dict[str, Any]:
    """A start of an attempt of job-1 on spot at 0.40 USD/h on an instance of its own; `data` overrides."""
    place: dict[str, Any] = {
        "instance_id": f"i-{attempt}",
        "instance_type": "m5.2xlarge",
        "availability_zone": "us-east-1a",
        "purchase_option": "spot",
        "usd_per_hour": 0.40,
    }
    placed = {key: value for key, value in {**place, **data}.items() if value is not None}
    return job("job.started", clock, attempt, **placed)


def price(option: str, clock: str, usd: float, zone: str | None = None) -> dict[str, Any]:
    """An observed price of m5.2xlarge in us-east-1 (spot: in `zone`)."""
    place = {"region": "us-east-1"} if zone is None else {"availability_zone": zone}
    return event(
        "price.observed",
        clock,
        instance_type="m5.2xlarge",
        purchase_option=option,
        usd_per_hour=usd,
        effective_at=at(clock),
        **place,
    )


WORKED_EXAMPLE = [
    price("on-demand", "00:00", 1.00),
    job("job.submitted", "00:00", name="worked", queue="align", vcpus=8),
    start("00:00", 1),
    job("checkpoint.succeeded", "00:46", 1, checkpoint_id="c1", taken_at=at("00:45"), duration_seconds=60),
    job("job.interrupted", "01:00", 1, reason="reclaimed", instance_id="i-1"),
    start("01:05", 2),
    job("restore.started", "01:05", 2, checkpoint_id="c1"),
    job("restore.succeeded", "01:10", 2, checkpoint_id="c1", duration_seconds=300),
    job("checkpoint.succeeded", "02:01", 2, checkpoint_id="c2", taken_at=at("02:00"), duration_seconds=60),
    job("job.interrupted", "02:05", 2, reason="reclaimed", instance_id="i-2"),
    start("02:20", 3),
    job("restore.started", "02:20", 3, checkpoint_id="c2"),
    job("restore.succeeded", "02:24", 3, checkpoint_id="c2", duration_seconds=240),
    job("job.succeeded", "03:00", 3, exit_code=0),
]

SECOND_EXAMPLE = [
    price("on-demand", "00:00", 1.00),
    job("job.submitted", "00:00", name="second", queue="align", vcpus=8),
    start("00:00", 1),
    job("checkpoint.succeeded", "00:41", 1, checkpoint_id="c1", taken_at=at("00:40"), duration_seconds=60),
    job("job.interrupted", "01:00", 1, reason="reclaimed", instance_id="i-1"),
    start("01:10", 2),
    job("restore.succeeded", "01:15", 2, checkpoint_id="c1", duration_seconds=300),
    job("checkpoint.succeeded", "02:06", 2, checkpoint_id="c2", taken_at=at("02:05"), duration_seconds=60),
    job("job.interrupted", "02:10", 2, reason="failed"),
    start("02:20", 3),
    job("restore.succeeded", "02:25", 3, checkpoint_id="c2", duration_seconds=300),
    job("job.succeeded", "03:00", 3, exit_code=0),
]
