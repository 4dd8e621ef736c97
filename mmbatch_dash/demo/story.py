"""The life of one simulated job, told from submission to its end: attempts, checkpoints, reclaims, restores."""

from dataclasses import dataclass
from math import log
from random import Random
from typing import Any

from mmbatch_dash.demo.fleet import MAX_BOOT_SHARE, Fleet, Host
from mmbatch_dash.demo.market import Market
from mmbatch_dash.demo.scenario import QueueShape, Scenario
from mmbatch_dash.demo.timeline import Timeline, format_instant

GIB = 1024**3
CAUSES = (
    (1, "Essential container in task exited"),
    (137, "OutOfMemoryError: Container killed due to memory usage"),
    (2, "Essential container in task exited"),
)


@dataclass(slots=True)
class Job:
    """One job as the simulation knows it: what it asks for, and how it would end if left alone.

    Attributes:
        stops_after: seconds of work after which it ends by itself.
        ends_as: succeeded, failed, cancelled, or retried: fails once, then succeeds.
        carried: seconds of work in the last successful checkpoint, whose id and time are beside it.
    """

    job_id: str
    queue: QueueShape
    vcpus: float
    memory_gib: float
    work: float
    stops_after: float
    ends_as: str
    protected: bool
    shared_host: Host | None = None
    checkpoints: int = 0
    carried: float = 0.0
    checkpoint_id: str | None = None
    taken_at: float = 0.0


class Storyteller:
    """Draws jobs and tells everything that happens to them."""

    def __init__(self, scenario: Scenario, market: Market, fleet: Fleet, timeline: Timeline, rng: Random) -> None:
        self._scenario, self._market, self._fleet = scenario, market, fleet
        self._timeline, self._rng = timeline, rng

    def draw_job(self, queue: QueueShape, job_id: str) -> Job:
        """A job of this queue, its fate drawn."""
        rng, scenario = self._rng, self._scenario
        vcpus = rng.choice(queue.vcpus)
        work = 60 * rng.lognormvariate(log(queue.median_minutes), queue.spread)
        draw, ends_as, share = rng.random(), "succeeded", 1.0
        if draw < scenario.cancelled:
            ends_as, share = "cancelled", rng.random()
        elif draw < scenario.cancelled + queue.failing:
            ends_as, share = "retried" if rng.random() < scenario.retried_failure else "failed", rng.random()
        return Job(
            job_id=job_id,
            queue=queue,
            vcpus=vcpus,
            memory_gib=round(vcpus * queue.memory_gib_per_vcpu * rng.uniform(0.8, 1.2), 1),
            work=work,
            stops_after=work * share,
            ends_as=ends_as,
            protected=rng.random() < queue.checkpointed,
        )

    def submit(self, job: Job, at: float, name: str, parent_id: str | None = None) -> None:
        """Tells the submission and all that follows from it."""
        queue = job.queue
        data: dict[str, Any] = {
            "job_id": job.job_id,
            "name": name,
            "queue": queue.name,
            "definition": f"{queue.name}:7",
            "user": self._rng.choice(queue.users),
            "tags": {"team": queue.team, "project": self._rng.choice(queue.projects)},
            "vcpus": job.vcpus,
            "memory_mib": int(job.memory_gib * 1024),
        }
        if queue.gpus:
            data["gpus"] = queue.gpus
        if parent_id:
            data["parent_id"] = parent_id
        self._timeline.tell(at, "job.submitted", job.job_id, data)
        if job.ends_as == "cancelled" and self._rng.random() < 0.3:
            self._tell(job, at + self._rng.uniform(5, 60), "job.cancelled", reason="Cancelled before it started")
            return
        self._run(job, at + self._draw_wait())

    def submit_parent(self, job_id: str, queue: QueueShape, at: float, name: str) -> None:
        """Tells the submission of an array parent, which is no job itself."""
        data = {"job_id": job_id, "name": name, "queue": queue.name, "definition": f"{queue.name}:7"}
        self._timeline.tell(at, "job.submitted", job_id, data)

    def earliest_start(self, submitted_at: float) -> float:
        """The soonest a job submitted then can start."""
        return submitted_at + 60 * self._scenario.wait_minutes * MAX_BOOT_SHARE

    def _run(self, job: Job, at: float) -> None:
        for attempt in range(1, self._scenario.max_attempts + 1):
            ended_at = self._attempt(job, attempt, at)
            if ended_at is None:
                return
            at = ended_at + self._draw_wait()

    def _attempt(self, job: Job, attempt: int, at: float) -> float | None:
        """Tells one attempt; the time of its end where the job goes on, else None."""
        host = job.shared_host if attempt == 1 else None
        if host is None or host.reclaim_at < at + 60:
            host = self._fleet.launch(job.queue, job.vcpus, at)
        host.job_ids.append(job.job_id)
        self._tell_start(job, attempt, at, host)
        fresh, base = self._restore(job, attempt, at, host.reclaim_at)
        done_at = fresh + max(1.0, job.stops_after - base)
        if job.protected:
            self._tell_checkpoints(job, attempt, fresh, base, min(done_at, host.reclaim_at))
        if done_at < host.reclaim_at:
            self._fleet.stop(host, done_at)
            return self._tell_end(job, attempt, done_at, host)
        self._fleet.reclaim(host)
        self._tell_reclaim(job, attempt, host)
        return host.reclaim_at if attempt < self._scenario.max_attempts else None

    def _tell_start(self, job: Job, attempt: int, at: float, host: Host) -> None:
        data: dict[str, Any] = {
            "job_id": job.job_id,
            "attempt": attempt,
            "instance_id": host.instance_id,
            "instance_type": host.shape.name,
            "availability_zone": host.zone,
            "instance_launched_at": format_instant(host.launched_at),
            "node_id": host.node_id,
            "container_id": f"{self._rng.getrandbits(48):012x}",
        }
        if host.option:
            data["purchase_option"] = host.option
            if self._rng.random() < self._scenario.reported_price:
                price = self._market.price_at(host.zone, host.shape, host.option, at)
                if price is not None:
                    data["usd_per_hour"] = price
        self._timeline.tell(at, "job.started", job.job_id, data)

    def _restore(self, job: Job, attempt: int, at: float, until: float) -> tuple[float, float]:
        """(when new work begins, work it begins from): restored from the last checkpoint, or from zero."""
        checkpoint_id, fresh = job.checkpoint_id, at
        for _ in range(2):
            began = fresh + self._rng.uniform(1, 8)
            if checkpoint_id is None or began >= until:
                break
            seconds = self._draw_transfer(job)
            fails = self._rng.random() < self._scenario.failed_restore
            finished = began + seconds * (self._rng.random() if fails else 1.0)
            named = {"checkpoint_id": checkpoint_id, "checkpoint_taken_at": format_instant(job.taken_at)}
            self._tell(job, began, "restore.started", attempt=attempt, **named)
            if finished >= until:
                return until, 0.0
            ending: dict[str, Any] = {**named, "attempt": attempt, "duration_seconds": round(finished - began, 3)}
            if not fails:
                self._tell(job, finished, "restore.succeeded", **ending)
                return finished, job.carried
            self._tell(job, finished, "restore.failed", **ending, error="criu: cannot map the image of pid 1")
            fresh = finished
        return fresh, 0.0

    def _tell_checkpoints(self, job: Job, attempt: int, fresh: float, base: float, until: float) -> None:
        step = self._scenario.checkpoint_minutes * 60
        size = int(job.memory_gib * GIB * self._rng.uniform(0.3, 0.9))
        began = fresh + step + self._rng.uniform(0, 20)
        while began < until:
            job.checkpoints += 1
            name = f"{job.job_id[:8]}-c{job.checkpoints}"
            seconds = self._draw_transfer(job)
            self._tell(job, began, "checkpoint.started", attempt=attempt, checkpoint_id=name)
            if began + seconds >= until:
                return
            ending = {
                "attempt": attempt,
                "checkpoint_id": name,
                "taken_at": format_instant(began),
                "duration_seconds": round(seconds, 3),
            }
            if self._rng.random() < self._scenario.failed_checkpoint:
                self._tell(job, began + seconds, "checkpoint.failed", **ending, error="no space left on device")
            else:
                self._tell(job, began + seconds, "checkpoint.succeeded", **ending, size_bytes=size)
                job.carried, job.checkpoint_id, job.taken_at = base + began - fresh, name, began
            began += max(step, seconds + 1) + self._rng.uniform(0, 20)

    def _tell_end(self, job: Job, attempt: int, at: float, host: Host) -> float | None:
        """Tells the end a job came to by itself; its time where it is retried, else None."""
        if self._rng.random() < self._scenario.usage:
            self._tell_usage(job, attempt, at)
        if job.ends_as == "succeeded":
            self._tell(job, at, "job.succeeded", attempt=attempt, exit_code=0)
        elif job.ends_as == "cancelled":
            self._tell(job, at, "job.cancelled", attempt=attempt, reason="Cancelled by its user")
        else:
            code, reason = self._rng.choice(CAUSES)
            if job.ends_as == "retried" and attempt < self._scenario.max_attempts:
                job.ends_as, job.stops_after = "succeeded", job.work
                ended: dict[str, Any] = {"reason": "failed", "exit_code": code, "instance_id": host.instance_id}
                self._tell(job, at, "job.interrupted", attempt=attempt, **ended)
                return at
            self._tell(job, at, "job.failed", attempt=attempt, exit_code=code, reason=reason)
        return None

    def _tell_reclaim(self, job: Job, attempt: int, host: Host) -> None:
        at = host.reclaim_at
        silent = not host.announced or self._rng.random() < self._scenario.silent_loss
        why = "host_lost" if silent else "reclaimed"
        self._tell(job, at, "job.interrupted", attempt=attempt, reason=why, instance_id=host.instance_id)
        if attempt == self._scenario.max_attempts:
            reason = f"Host EC2 (instance {host.instance_id}) terminated."
            self._tell(job, at, "job.failed", attempt=attempt, reason=reason)

    def _tell_usage(self, job: Job, attempt: int, at: float) -> None:
        used = {
            "rootfs_bytes_max": int(self._rng.uniform(0.5, 40) * GIB),
            "memory_mib_max": round(job.memory_gib * 1024 * self._rng.uniform(0.3, 0.95), 1),
            "cpu_seconds": round(job.stops_after * job.vcpus * self._rng.uniform(0.3, 0.95), 1),
        }
        self._tell(job, at - 0.5, "job.usage", attempt=attempt, **used)

    def _draw_transfer(self, job: Job) -> float:
        return (2.0 + job.memory_gib * self._scenario.seconds_per_gib) * self._rng.uniform(0.6, 1.7)

    def _draw_wait(self) -> float:
        return 60 * self._scenario.wait_minutes * self._rng.uniform(MAX_BOOT_SHARE, 2.2)

    def _tell(self, job: Job, at: float, kind: str, **data: Any) -> None:
        self._timeline.tell(at, kind, job.job_id, {"job_id": job.job_id, **data})
