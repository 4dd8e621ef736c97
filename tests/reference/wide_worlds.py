"""Worlds told by many sources at once, each of which knows a part and some of which know it late: as journal entries.

What really happened to a job is drawn first, then who tells what of it. Times lie on a grid of half minutes, so that
they meet; attempts never ran, instances go, notices come, AWS and traces lack what the engine says and the reverse.
"""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, cast

from mmbatch_dash.domain.choices import SourceKind
from mmbatch_dash.domain.facts import ATTEMPT_REPORTED, INSTANCE_REPORTED, JOB_REPORTED, LATEST_REPORTED, Entry, Fact

DAY = datetime(2026, 3, 1, tzinfo=UTC)
TYPES = ("zz1.large", "zz2.xlarge")
ZONES = ("us-east-1a", "us-east-1a", "eu-west-1b", "euw1-az1", None)
OPTIONS = ("spot", "spot", "spot", "on-demand", None)
PLATFORMS = (None, None, "EC2", "EC2", "EKS", "FARGATE", "EC2,FARGATE")
NATIVE, AWS, TRACE = SourceKind.NATIVE, SourceKind.AWS, SourceKind.TRACE
Host = dict[str, Any]


def build_wide_world(seed: int, *, jobs: int = 30, instances: int = 12) -> list[Entry]:
    """The entries of one world in random order; ids are unique."""
    rng = Random(seed)
    made = _Maker(rng)
    fleet = [_add_instance(made, rng, number) for number in range(instances)]
    for number in range(jobs):
        _JobStory(made, rng, f"job-{number}", fleet).tell()
    for kind in TYPES:
        made.price(0, option="on-demand", region="us-east-1", instance_type=kind, usd=rng.choice((1.0, 2.0)))
        made.price(0, option="on-demand", region="eu-west-1", instance_type=kind, usd=3.0)
        for minutes in (0, 90, 300):
            made.price(minutes, option="spot", zone="us-east-1a", instance_type=kind, usd=round(rng.uniform(0.1, 1), 2))
    rng.shuffle(made.entries)
    return made.entries


class _Maker:
    def __init__(self, rng: Random) -> None:
        self.entries: list[Entry] = []
        self._rng = rng

    def say(self, kind: SourceKind, fact_type: str, minutes: float, /, **fact: Any) -> None:
        """One entry of one fact; times in it are given in minutes of the day."""
        at = _at(minutes)
        said = {
            name: _at(value) if name.endswith("_at") else value for name, value in fact.items() if value is not None
        }
        identity = str(len(self.entries))
        whole = cast(Fact, {"type": fact_type, "at": at, **said})
        self.entries.append(Entry(f"wide/{kind.name.lower()}", identity, kind, fact_type, at, [whole], {}))

    def price(
        self,
        minutes: float,
        *,
        option: str,
        instance_type: str,
        usd: float,
        zone: str | None = None,
        region: str | None = None,
    ) -> None:
        """One observed price."""
        self.say(
            *(NATIVE, "mmbatch.price.observed", minutes),
            availability_zone=zone,
            region=region,
            instance_type=instance_type,
            purchase_option=option,
            usd_per_hour=usd,
            effective_at=minutes,
            price_source="event",
        )


def _at(minutes: float) -> datetime:
    return DAY + timedelta(minutes=minutes)


def _add_instance(made: _Maker, rng: Random, number: int) -> Host:
    """An instance, and what is told of it apart from jobs."""
    launched = rng.randrange(0, 300)
    host: Host = {
        "instance_id": f"i-{number}",
        "arn": f"arn:aws:ecs:us-east-1:1:container-instance/c/{number}",
        "node_id": f"n-{number}",
        "instance_type": rng.choice(TYPES),
        "availability_zone": rng.choice(ZONES),
        "purchase_option": rng.choice(OPTIONS),
        "launched_at": launched,
    }
    named = {"instance_id": host["instance_id"]}
    if rng.random() < 0.7:
        made.say(
            *(NATIVE, "mmbatch.node.registered", launched),
            node_id=host["node_id"],
            **(named if rng.random() < 0.7 else {}),
            **{
                key: host[key]
                for key in ("instance_type", "availability_zone", "purchase_option")
                if rng.random() < 0.8
            },
            instance_launched_at=launched if rng.random() < 0.7 else None,
        )
    if rng.random() < 0.6:
        made.say(AWS, INSTANCE_REPORTED, launched, container_instance_arn=host["arn"], **named)
    if rng.random() < 0.3:
        made.say(AWS, INSTANCE_REPORTED, launched, **named, instance_launched_at=launched)
    end = launched + rng.choice((20, 45, 58, 59.5, 60, 61, 120, 400))
    for _ in range(rng.choice((0, 0, 1, 2))):
        notice = end - rng.choice((0, 1, 2, 5, 10, 10.5, 30))
        kind = rng.choice(("interruption", "interruption", "rebalance"))
        made.say(NATIVE, "mmbatch.instance.reclaim_notice", notice, **named, notice_kind=kind)
    _let_go(made, rng, host, end)
    return host


def _let_go(made: _Maker, rng: Random, host: Host, end: float) -> None:
    """How the instance goes, if anybody tells of it."""
    named = {"instance_id": host["instance_id"]}
    going = rng.choice(("shutting-down", "terminated", "inactive", "stopped", "node", "node", None, None))
    if going in ("shutting-down", "terminated"):
        made.say(AWS, INSTANCE_REPORTED, end, **named, instance_terminated_at=end)
        if rng.random() < 0.5:
            made.say(AWS, INSTANCE_REPORTED, end + 1, **named, instance_terminated_at=end + 1)
    elif going == "inactive":
        made.say(AWS, INSTANCE_REPORTED, end, container_instance_arn=host["arn"], instance_gone_at=end)
    elif going == "stopped":
        made.say(AWS, INSTANCE_REPORTED, end, **named, instance_gone_at=end)
    elif going == "node":
        made.say(NATIVE, "mmbatch.node.stopped", end, node_id=host["node_id"], **(named if rng.random() < 0.5 else {}))
        if rng.random() < 0.3:
            made.say(NATIVE, "mmbatch.node.registered", end + rng.choice((0, 3)), node_id=host["node_id"])


class _JobStory:
    """One job: what happened, told by those who happened to be there."""

    def __init__(self, made: _Maker, rng: Random, job_id: str, fleet: list[Host]) -> None:
        self._made, self._rng, self._fleet = made, rng, fleet
        self._job_id = job_id
        self._clock = rng.randrange(0, 400)
        self._number = 0
        self._taken: list[tuple[int, float, str | None]] = []

    def tell(self) -> None:
        """Says everything that anybody says of the job."""
        rng = self._rng
        submitted = self._clock
        vcpus = rng.choice((1.0, 2.0, 8.0, None))
        if rng.random() < 0.85:
            self._say(NATIVE, "mmbatch.job.submitted", submitted, queue="q", vcpus=vcpus, submitted_at=submitted)
        if rng.random() < 0.12:
            self._never_start()
            return
        count = rng.choice((1, 1, 2, 3, 4))
        ended = ("running", submitted)
        for number in range(1, count + 1):
            self._number = number
            self._clock += rng.choice((0, 2, 10, -1, -7))
            ended = self._idle() if rng.random() < 0.12 else self._attempt(is_last=number == count)
        self._finish(*ended)

    def _say(self, kind: SourceKind, fact_type: str, minutes: float, /, **fact: Any) -> None:
        self._made.say(kind, fact_type, minutes, job_id=self._job_id, **fact)

    def _told(self, share: float) -> bool:
        return self._rng.random() < share

    def _never_start(self) -> None:
        rng, at = self._rng, self._clock + 5
        if self._told(0.6):
            self._say(AWS, JOB_REPORTED, at, status="FAILED", completed_at=at, never_started=self._told(0.8) or None)
        if self._told(0.5):
            number = rng.choice((None, None, 1))
            cancelled = {"status": "FAILED", "completed_at": at, "ended_at": at, "end_reason": "cancelled"}
            self._say(NATIVE, "mmbatch.job.cancelled", at, attempt=number, **cancelled)
        if self._told(0.15):
            self._say(NATIVE, "mmbatch.job.started", at - 2, attempt=1, started_at=at - 2)
        if self._told(0.15):
            self._say(NATIVE, "mmbatch.job.interrupted", at, attempt=1, ended_at=at, end_reason="host_lost")

    def _idle(self) -> tuple[str, float]:
        """An attempt that never ran, as AWS lists it; now and then another source knows better."""
        at = self._clock + 1
        self._say(
            *(AWS, ATTEMPT_REPORTED, at),
            attempt=self._number,
            ended_at=at if self._told(0.8) else None,
            end_reason="not_started",
            reason="CannotPullContainerError",
        )
        if self._told(0.1):
            self._say(NATIVE, "mmbatch.checkpoint.started", at, attempt=self._number)
        self._clock = at
        return "failed", at

    def _attempt(self, *, is_last: bool) -> tuple[str, float]:
        rng = self._rng
        host = rng.choice(self._fleet)
        start = max(self._clock, host["launched_at"] + rng.choice((0, 1, -1)))
        length = rng.choice((0, 5, 20, 30, 55, 61, 130, -2, -8))
        end = start + length
        reason = rng.choice(("reclaimed", "reclaimed", "host_lost", "failed", "completed" if is_last else "failed"))
        place = {
            "instance_id": host["instance_id"] if self._told(0.7) else None,
            "node_id": host["node_id"] if self._told(0.5) else None,
            **{key: host[key] for key in ("instance_type", "availability_zone", "purchase_option") if self._told(0.6)},
            "usd_per_hour": rng.choice((0.5, None, None)),
            "checkpoint_interval_seconds": (None, 60.0, 900.0)[self._number % 3],
        }
        if self._told(0.8):
            launched = host["launched_at"] if self._told(0.2) else None
            self._say(
                *(NATIVE, "mmbatch.job.started", start),
                attempt=self._number,
                started_at=start,
                instance_launched_at=launched,
                **place,
            )
        self._engine(start, end)
        self._tell_end(start, end, reason, host, is_last=is_last)
        self._clock = end
        return reason, end

    def _tell_end(self, start: float, end: float, reason: str, host: Host, *, is_last: bool) -> None:
        rng, number = self._rng, self._number
        interrupted = reason in ("reclaimed", "host_lost", "failed")
        if interrupted and self._told(0.6):
            self._say(NATIVE, "mmbatch.job.interrupted", end, attempt=number, ended_at=end, end_reason=reason)
        if interrupted and self._told(0.08):
            self._say(TRACE, "mmbatch.job.interrupted", end, attempt=number, end_reason=reason)
        if self._told(0.4):
            text = (
                f"Host EC2 (instance {host['instance_id']}) terminated."
                if interrupted
                else "Essential container exited"
            )
            self._say(
                *(AWS, ATTEMPT_REPORTED, end),
                attempt=number,
                started_at=start if self._told(0.9) else None,
                ended_at=end - rng.choice((0, 0, 1, 4, 5, 5.5)) if self._told(0.9) else None,
                end_reason="failed" if interrupted else "completed",
                reason=text if self._told(0.4) else None,
                container_instance_arn=host["arn"] if self._told(0.5) else None,
                container_id=rng.choice(("arn:aws:ecs:us-east-1:1:task/c/1", None)),
            )
        if is_last and self._told(0.15):
            self._say(
                *(TRACE, LATEST_REPORTED, end),
                started_at=start,
                ended_at=end if self._told(0.8) else None,
                end_reason=rng.choice(("failed", "completed")),
                exit_code=1,
                instance_id=host["instance_id"] if self._told(0.5) else None,
            )

    def _engine(self, start: float, end: float) -> None:
        """Restores at its begin and checkpoints in it, by one door, the other, or both."""
        doors = self._rng.choice(((NATIVE,), (NATIVE,), (TRACE,), (NATIVE, TRACE), ()))
        if self._number > 1 and self._told(0.7):
            self._restore(start, doors)
        for step in range(self._rng.choice((0, 1, 2))):
            taken = start + (step + 1) * self._rng.choice((2, 10, 25))
            identity = f"c{self._number}-{step}" if self._told(0.6) else None
            moment = taken if self._told(0.8) else None
            for door in doors:
                self._checkpoint(door, taken, moment, identity)
            self._taken.append((self._number, taken, identity))

    def _checkpoint(self, door: SourceKind, taken: float, moment: float | None, identity: str | None) -> None:
        named = {"checkpoint_id": identity if self._told(0.8) else None}
        if self._told(0.5):
            self._say(door, "mmbatch.checkpoint.started", taken, attempt=self._number, **named)
        outcome = self._rng.choice(("succeeded", "succeeded", "succeeded", "failed"))
        if self._told(0.9):
            self._say(
                *(door, f"mmbatch.checkpoint.{outcome}", taken + 1),
                attempt=self._number,
                taken_at=moment,
                duration_seconds=self._rng.choice((60.0, None)),
                **named,
            )

    def _restore(self, start: float, doors: tuple[SourceKind, ...]) -> None:
        rng = self._rng
        used = rng.choice([*self._taken, (0, 3.0, "no such"), (0, 0.0, None)])
        names: dict[str, Any] = {
            "checkpoint_id": used[2] if self._told(0.6) else None,
            "checkpoint_taken_at": used[1] if used[1] and self._told(0.4) else None,
        }
        outcome = rng.choice(("succeeded", "succeeded", "succeeded", "failed"))
        done = start + rng.choice((0, 1, 3))
        for door in doors or (NATIVE,):
            if self._told(0.5):
                self._say(door, "mmbatch.restore.started", start, attempt=self._number, **names)
            if self._told(0.9):
                self._say(
                    *(door, f"mmbatch.restore.{outcome}", done),
                    attempt=self._number,
                    duration_seconds=rng.choice((60.0, None)),
                    **names,
                )

    def _finish(self, reason: str, end: float) -> None:
        rng = self._rng
        platform, region = rng.choice(PLATFORMS), rng.choice(("eu-west-1", None, None))
        if self._told(0.5):
            open_status = rng.choice(("RUNNABLE", "RUNNING"))
            self._say(AWS, JOB_REPORTED, end - 1, status=open_status, platform=platform, region=region)
        if self._told(0.15):
            return
        succeeded = reason == "completed"
        status = "SUCCEEDED" if succeeded else "FAILED"
        if self._told(0.5):
            words = (
                ("succeeded", "completed")
                if succeeded
                else rng.choice((("failed", "failed"), ("cancelled", "cancelled")))
            )
            number = self._number if self._told(0.7) else None
            ended = {"status": status, "completed_at": end, "ended_at": end, "end_reason": words[1]}
            self._say(NATIVE, f"mmbatch.job.{words[0]}", end, attempt=number, **ended)
        if self._told(0.5):
            stopped = end + 1 if self._told(0.8) else None
            self._say(
                *(AWS, JOB_REPORTED, end + 1),
                attempt=self._number if self._told(0.8) else None,
                status=status,
                completed_at=stopped,
                platform=platform,
                region=region,
            )
        elif self._told(0.2):
            self._say(TRACE, JOB_REPORTED, end + 1, status=status, completed_at=end + 1)
