"""Hosts of the simulated fleet: launched for a job, sometimes shared, stopped after it or taken back by EC2."""

from dataclasses import dataclass, field
from random import Random
from typing import Any

from mmbatch_dash.demo.market import Market
from mmbatch_dash.demo.scenario import InstanceShape, QueueShape, Scenario
from mmbatch_dash.demo.timeline import Timeline, format_instant

NOTICE_SECONDS = 120.0
ENGINE_VERSION = "2.1.0-demo"
NEVER = float("inf")
MAX_BOOT_SHARE = 0.4
"""Share of the mean wait for a host that booting takes at most; the shortest wait is this share too."""


@dataclass(slots=True)
class Host:
    """One EC2 instance. `reclaim_at` is fate: known to the simulation from the launch on."""

    instance_id: str
    node_id: str
    shape: InstanceShape
    zone: str
    option: str | None
    launched_at: float
    registered_at: float
    reclaim_at: float
    shared: bool = False
    busy_until: float = 0.0
    stopped_at: float = NEVER
    reclaimed: bool = False
    announced: bool = False
    job_ids: list[str] = field(default_factory=list)

    def describe(self) -> dict[str, Any]:
        """The fields of its node events."""
        node: dict[str, Any] = {
            "node_id": self.node_id,
            "instance_id": self.instance_id,
            "instance_type": self.shape.name,
            "availability_zone": self.zone,
            "instance_launched_at": format_instant(self.launched_at),
            "vcpus": self.shape.vcpus,
            "memory_mib": self.shape.memory_gib * 1024,
            "engine_version": ENGINE_VERSION,
        }
        return {**node, "purchase_option": self.option} if self.option else node

    def describe_load(self) -> dict[str, Any]:
        """The fields of its heartbeat."""
        return {
            "node_id": self.node_id,
            "instance_id": self.instance_id,
            "engine_version": ENGINE_VERSION,
            "job_ids": list(self.job_ids),
        }


class Fleet:
    """Launches hosts, tells their node events and notices, and remembers which are up."""

    def __init__(self, scenario: Scenario, market: Market, timeline: Timeline, rng: Random) -> None:
        self._scenario, self._market, self._timeline, self._rng = scenario, market, timeline, rng
        shapes = {shape.name: shape for shape in scenario.instance_types}
        self._shapes = {queue.name: [shapes[name] for name in queue.instance_types] for queue in scenario.queues}
        self._up: list[Host] = []
        self._kept = 500

    def launch(self, queue: QueueShape, vcpus: float, ready_at: float) -> Host:
        """A new host for a job of this queue, up and registered just before `ready_at`."""
        rng = self._rng
        fitting = [shape for shape in self._shapes[queue.name] if shape.vcpus >= vcpus]
        shape = rng.choice(fitting or self._shapes[queue.name])
        zone = rng.choice(self._scenario.zones)
        boot_seconds = self._scenario.wait_minutes * rng.uniform(10, MAX_BOOT_SHARE * 60)
        launched_at = ready_at - boot_seconds
        draw = rng.random()
        on_demand = draw < queue.on_demand
        unknown = not on_demand and draw < queue.on_demand + queue.unknown_option
        bits = f"{rng.getrandbits(96):024x}"
        host = Host(
            instance_id="i-0" + bits[:16],
            node_id="node-" + bits[16:],
            shape=shape,
            zone=zone,
            option="on-demand" if on_demand else None if unknown else "spot",
            launched_at=launched_at,
            registered_at=launched_at + boot_seconds / 2,
            reclaim_at=NEVER if on_demand else self._market.draw_reclaim(rng, zone, shape, launched_at),
        )
        self._timeline.tell(host.registered_at, "node.registered", host.node_id, host.describe())
        self._up.append(host)
        return host

    def reclaim(self, host: Host) -> None:
        """Tells, once, the notices before a host goes away; some go without."""
        if host.reclaimed:
            return
        host.reclaimed, host.stopped_at = True, host.reclaim_at
        host.announced = self._rng.random() >= self._scenario.unannounced
        if not host.announced:
            return
        noticed = max(host.registered_at + 1, host.reclaim_at - NOTICE_SECONDS)
        if self._rng.random() < self._scenario.rebalance_notice:
            early = max(host.registered_at + 1, noticed - self._rng.uniform(60, 900))
            self._tell_notice(host, early, {"kind": "rebalance"})
        action = {"kind": "interruption", "action": "terminate", "action_at": format_instant(host.reclaim_at)}
        self._tell_notice(host, noticed, action)

    def stop(self, host: Host, at: float) -> None:
        """Ends an idle host some minutes after its job; one that is shared waits for `release`."""
        host.busy_until = max(host.busy_until, at)
        if not host.shared:
            self.release(host)

    def release(self, host: Host) -> None:
        """Ends a host after its last job, unless EC2 took it."""
        if host.reclaimed:
            return
        host.stopped_at = max(host.busy_until, host.registered_at) + self._rng.uniform(60, 300)
        self._timeline.tell(host.stopped_at, "node.stopped", host.node_id, {"node_id": host.node_id})

    def up_at(self, at: float) -> list[Host]:
        """Hosts that are up then."""
        return [host for host in self._up if host.registered_at < at < host.stopped_at]

    def forget_before(self, at: float) -> None:
        """Lets go of hosts that stopped before `at`, so that a large world stays small in memory."""
        if len(self._up) > 2 * self._kept:
            self._up = [host for host in self._up if host.stopped_at > at]
            self._kept = max(500, len(self._up))

    def _tell_notice(self, host: Host, at: float, data: dict[str, Any]) -> None:
        self._timeline.tell(at, "instance.reclaim_notice", host.instance_id, {"instance_id": host.instance_id, **data})
