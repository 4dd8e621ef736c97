"""The attempts of one job: which ran, when each ended and why (docs/definitions.md sections 1 and 7)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from mmbatch_dash.domain.choices import SourceKind
from mmbatch_dash.domain.facts import LATEST_REPORTED
from tests.reference.instances import INSTANCE_FIELDS, Instances, column
from tests.reference.said import Said

NOTICE_WINDOW = timedelta(minutes=10)
NOTICE_AHEAD = timedelta(minutes=2)
ENGINE_LATER = timedelta(minutes=5)
HOST_TERMINATED = re.compile(r"Host EC2 \(instance i-[^)]*\) terminated")
END_RANK = {"reclaimed": 0, "host_lost": 1, "failed": 2, "cancelled": 3, "completed": 4}


@dataclass
class Attempt:
    """One placement.

    Attributes:
        end_reason: running while it is open; None where it has ended and nobody said how.
        instance_id: None where only a container instance or a node is known.
        said_reclaimed: whether the engine itself called it reclaimed.
        has_task: whether it is known to have run as an ECS task.
    """

    number: int
    started_at: datetime | None = None
    ended_at: datetime | None = None
    end_reason: str | None = "running"
    instance_id: str | None = None
    instance_type: str | None = None
    availability_zone: str | None = None
    purchase_option: str | None = None
    instance_launched_at: datetime | None = None
    usd_per_hour: float | None = None
    checkpoint_interval_seconds: float | None = None
    exit_code: int | None = None
    platform: str | None = None
    region: str | None = None
    said_reclaimed: bool = False
    has_task: bool = False
    said: list[Said] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        """Whether it goes on."""
        return self.end_reason == "running"

    @property
    def ran(self) -> bool:
        """Whether it ran, as far as is known."""
        return self.end_reason != "not_started"

    @property
    def has_ended(self) -> bool:
        """Whether it ran and has ended."""
        return self.ran and not self.is_open


def tells_of_running(one: Said) -> bool:
    """A start, a checkpoint or a restore: proof that an attempt ran."""
    return "started_at" in one.fact or one.type.startswith(("mmbatch.checkpoint.", "mmbatch.restore."))


def divide(said: Sequence[Said]) -> dict[int, list[Said]]:
    """Facts of each attempt 1..n; those that name none stand with the one they are about."""
    numbered = [one for one in said if "attempt" in one.fact]
    top = max([one.fact["attempt"] for one in numbered], default=0)
    of: dict[int, list[Said]] = {
        number: [one for one in numbered if one.fact["attempt"] == number] for number in range(1, top + 1)
    }
    idle = {number for number, mine in of.items() if is_idle(mine)}
    latest = max([number for number in of if number not in idle], default=top) or 1
    starts = {number: column(mine, "started_at") for number, mine in of.items()}
    of_latest = [one for one in said if one.type == LATEST_REPORTED and "attempt" not in one.fact]
    if of_latest:
        of.setdefault(latest, []).extend(of_latest)
    for one in said:
        if of and "ended_at" in one.fact and "attempt" not in one.fact and one.type != LATEST_REPORTED:
            started = [n for n, start in starts.items() if start is not None and start <= one.fact["ended_at"]]
            of[max(started, default=latest)].append(one)
    return of


def is_idle(mine: Sequence[Said]) -> bool:
    """Whether AWS Batch lists the attempt as one that never started, and no source tells that it ran."""
    listed = any(one.fact.get("end_reason") == "not_started" for one in mine)
    return listed and not any(tells_of_running(one) for one in mine)


def place_of(one: Said, of: dict[int, list[Said]]) -> int | None:
    """The attempt a fact stands with; None where there is none."""
    return next((number for number, mine in of.items() if any(other is one for other in mine)), one.fact.get("attempt"))


def merge_attempts(
    of: dict[int, list[Said]],
    status: str | None,
    completed_at: datetime | None,
    instances: Instances,
    *,
    cancelled: bool,
) -> list[Attempt]:
    """Attempts in order; `status` and `completed_at` are the job's end, None while it has none."""
    attempts = [_describe(number, of[number], instances) for number in sorted(of)]
    by_job = {None: "running", "SUCCEEDED": "completed", "FAILED": "cancelled" if cancelled else "failed"}[status]
    for place, attempt in enumerate(attempts):
        _end_by_own_word(attempt)
        if not attempt.ran or attempt.ended_at is not None:
            continue
        told = None if attempt.end_reason == "running" else attempt.end_reason
        later = attempts[place + 1 :]
        if not later and status is not None:
            attempt.ended_at, attempt.end_reason = completed_at, told or by_job
        elif not later:
            _end_with_its_instance(attempt, told, instances)
        else:
            following = next((one for one in later if one.ran), None)
            _end_before(attempt, told, following and following.started_at, instances)
    for attempt in attempts:
        _see_reclaim(attempt, instances)
    return attempts


def _describe(number: int, mine: list[Said], instances: Instances) -> Attempt:
    attempt = Attempt(number, said=mine)
    if is_idle(mine):
        attempt.end_reason = "not_started"
    for name in ("started_at", "usd_per_hour", "checkpoint_interval_seconds", "exit_code", "region"):
        setattr(attempt, name, column(mine, name))
    host = instances.resolve(mine)
    attempt.instance_id = host if _is_instance(host, mine, instances) else None
    # A node may be described that nobody says the instance of.
    described = [instances.fields.get(name or "", {}) for name in (host, column(mine, "node_id"))]
    for name in (*INSTANCE_FIELDS, "instance_launched_at"):
        told = [column(mine, name), *(fields.get(name) for fields in described)]
        setattr(attempt, name, next((value for value in told if value is not None), None))
    attempt.said_reclaimed = any(one.fact.get("end_reason") == "reclaimed" for one in mine)
    attempt.has_task = any(":task/" in one.fact.get("container_id", "") for one in mine)
    return attempt


def _is_instance(host: str | None, mine: list[Said], instances: Instances) -> bool:
    return host is not None and (column(mine, "instance_id") == host or host in instances.of_alias.values())


def _end_by_own_word(attempt: Attempt) -> None:
    """Its earliest end with that end's reason; a reason alone where nobody gave a time."""
    ends = [one for one in attempt.said if "end_reason" in one.fact]
    timed = [one for one in ends if "ended_at" in one.fact]
    if timed:
        first = min(timed, key=lambda one: (one.fact["ended_at"], END_RANK.get(_reason(one), 2)))
        attempt.ended_at = first.fact["ended_at"]
    if not attempt.ran:
        return
    if timed:
        attempt.end_reason = _engine_over_failed(attempt, timed) or _reason(first)
    elif ends:
        attempt.end_reason = _reason(max(ends, key=lambda one: one.weight))


def _reason(one: Said) -> str:
    """The reason of an end of an attempt that ran: whatever AWS's record lacks, it failed."""
    reason = one.fact["end_reason"]
    return "failed" if reason == "not_started" else reason


def _engine_over_failed(attempt: Attempt, timed: list[Said]) -> str | None:
    """What the engine says within 5 minutes of the earliest end, where that is a failure told by AWS or an import."""
    at_first = [one for one in timed if one.fact["ended_at"] == attempt.ended_at]
    if min(END_RANK[_reason(one)] for one in at_first) != END_RANK["failed"]:
        return None
    if not any(_reason(one) == "failed" and one.kind is not SourceKind.NATIVE for one in at_first):
        return None
    assert attempt.ended_at is not None
    by_engine = [
        (one.fact["ended_at"], END_RANK[_reason(one)], _reason(one))
        for one in timed
        if one.type == "mmbatch.job.interrupted" and _reason(one) in ("reclaimed", "host_lost")
        if one.fact["ended_at"] - attempt.ended_at <= ENGINE_LATER
    ]
    return min(by_engine)[2] if by_engine else None


def _instance_end(attempt: Attempt, instances: Instances) -> datetime | None:
    """The first end of its instance at or after its start; of unknown start, the first at all."""
    ends = [at for at in instances.ends_of(attempt.said) if attempt.started_at is None or at >= attempt.started_at]
    return ends[0] if ends else None


def _end_with_its_instance(attempt: Attempt, told: str | None, instances: Instances) -> None:
    gone = _instance_end(attempt, instances)
    attempt.ended_at = gone
    attempt.end_reason = told or ("host_lost" if gone else "running")


def _end_before(attempt: Attempt, told: str | None, later_at: datetime | None, instances: Instances) -> None:
    """The end of an attempt that another follows, of which its own sources give no time."""
    attempt.end_reason = told
    gone, start = _instance_end(attempt, instances), attempt.started_at
    if gone is not None:
        if later_at is not None and gone < later_at:
            attempt.ended_at, attempt.end_reason = gone, told or "host_lost"
    elif told is None and start is not None and later_at is not None:
        notices = instances.interruptions.get(attempt.instance_id or "", [])
        warned = [at for at in notices if start <= at <= later_at]
        if warned:
            attempt.ended_at, attempt.end_reason = min(min(warned) + NOTICE_AHEAD, later_at), "reclaimed"


def _see_reclaim(attempt: Attempt, instances: Instances) -> None:
    """A failure or a lost host seen as a reclaim, where a notice or AWS Batch says so."""
    if attempt.end_reason not in ("failed", "host_lost"):
        return
    ended = attempt.ended_at
    noticed = instances.interruptions.get(attempt.instance_id or "", [])
    announced = ended is not None and any(timedelta(0) <= ended - at <= NOTICE_WINDOW for at in noticed)
    by_aws = [one.fact["reason"] for one in attempt.said if one.kind is SourceKind.AWS and "reason" in one.fact]
    host_gone = attempt.purchase_option != "on-demand" and any(HOST_TERMINATED.match(reason) for reason in by_aws)
    if announced or host_gone:
        attempt.end_reason = "reclaimed"
