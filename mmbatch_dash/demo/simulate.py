"""The simulated month as one stream of CloudEvents, and its continuation while somebody watches."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from heapq import merge
from random import Random

from mmbatch_dash.demo.arrivals import draw_arrivals
from mmbatch_dash.demo.draws import seeded
from mmbatch_dash.demo.fleet import Fleet
from mmbatch_dash.demo.market import Market
from mmbatch_dash.demo.scenario import QueueShape, Scenario
from mmbatch_dash.demo.story import Storyteller
from mmbatch_dash.demo.timeline import Event, Timed, Timeline

DEMO_SOURCE = "mmbatch.demo/"
HEARTBEAT_SECONDS = 30.0
LIVE_JOBS_PER_HOUR = 60
FINALE_JOBS = 40
FINALE_SECONDS = 130 * 60.0
SHARED_HOST = 0.5
MAX_ARRAY = 12
FORGOTTEN_SECONDS = 86_400.0
SAMPLES = ("HG", "NA", "P", "S")


def simulate(scenario: Scenario, *, seed: int, jobs: int | None = None, end_at: datetime) -> Iterator[Event]:
    """Events of `scenario.days` up to `end_at`, in order of time; the same for the same arguments.

    Args:
        scenario: what the fleet is made of.
        seed: chooses one world.
        jobs: how many jobs are submitted in that time, parents not counted; None takes the scenario's number.
        end_at: when the told time ends; what is not finished by then stays open.
    """
    world = _World(scenario, seed, jobs or scenario.jobs, end_at, name="history")
    end = end_at.timestamp()
    for at, _, event in world.tell():
        if at > end:
            break
        yield event
    yield from world.heartbeats(end)


def simulate_live(
    scenario: Scenario, seed: int, from_at: datetime, *, jobs: int | None = None
) -> Iterator[tuple[datetime, Event]]:
    """(due_at, event) after `from_at`, without end: the world of `simulate(…, end_at=from_at)` going on.

    A hurried stream of short jobs is mixed in, so that something happens every few seconds.

    Args:
        scenario: as given to `simulate`.
        seed: as given to `simulate`.
        from_at: the end of the history that was told already.
        jobs: as given to `simulate`.
    """
    history = _World(scenario, seed, jobs or scenario.jobs, from_at, name="history")
    hurried = scenario.hurried().model_copy(update={"days": 1})
    pace = LIVE_JOBS_PER_HOUR * 24
    live = _World(hurried, seed, pace, from_at + timedelta(days=1), name="live", market=history.market)
    start = from_at.timestamp()
    for at, _, event in merge(_going_on(history, start), _going_on(live, start), key=lambda timed: timed[0]):
        yield datetime.fromtimestamp(at, UTC), event


def _going_on(world: "_World", start: float) -> Iterator[Timed]:
    """Events of a world after `start`, its hosts heard from every half minute."""
    beat_at = start + HEARTBEAT_SECONDS
    for timed in world.tell():
        if timed[0] <= start:
            continue
        while beat_at < timed[0]:
            for beat in world.heartbeats(beat_at):
                yield beat_at, 0, beat
            beat_at += HEARTBEAT_SECONDS
        yield timed


class _World:
    """One seeded world: market, fleet and jobs on one timeline.

    Args:
        market: whose prices and reclaims to live by, where another world announces them; None makes its own.
    """

    def __init__(
        self, scenario: Scenario, seed: int, jobs: int, end_at: datetime, *, name: str, market: Market | None = None
    ) -> None:
        self._scenario, self._jobs, self._announces = scenario, jobs, market is None
        self._start = (end_at - timedelta(days=scenario.days)).timestamp()
        self._end = end_at.timestamp()
        # Another seed, size or end is another world: its ids must never meet those of this one in a store.
        world = f"{name}-{seed}-{jobs}-{end_at.astimezone(UTC):%Y%m%dT%H%M%S%f}"
        self._rng = seeded(world)
        self._timeline = Timeline(DEMO_SOURCE + world)
        self.market = market or Market(scenario, world, self._start)
        self._fleet = Fleet(scenario, self.market, self._timeline, self._rng)
        self._teller = Storyteller(scenario, self.market, self._fleet, self._timeline, self._rng)
        self._queues = _Lottery([(queue, queue.weight) for queue in scenario.queues], self._rng)

    def tell(self) -> Iterator[Timed]:
        """Every event in order of time, without end."""
        # A cohort of long jobs is under way as the told time ends, so that a first look finds work in every state.
        longest = max(self._scenario.queues, key=lambda queue: queue.median_minutes)
        finale = min(FINALE_JOBS, self._jobs // 10)
        finale_at = self._end - FINALE_SECONDS
        left = self._jobs - finale
        arrivals = draw_arrivals(self._scenario, self._rng, self._start, left)
        for at in arrivals:
            if finale and at >= finale_at:
                self._submit_array(longest, finale_at, finale)
                finale = 0
            if self._announces:
                self.market.announce_until(at + 3600, self._timeline)
            yield from self._timeline.take_until(at)
            self._fleet.forget_before(at - FORGOTTEN_SECONDS)
            left -= self._submit(at, arrivals, left if left > 0 else MAX_ARRAY)

    def heartbeats(self, at: float) -> list[Event]:
        """A heartbeat of every host that is up; it draws nothing, so that hearing them does not change the world."""
        return [
            self._timeline.form(at, f"{host.node_id}@{at:.0f}", "node.heartbeat", host.node_id, host.describe_load())
            for host in self._fleet.up_at(at)
        ]

    def _submit(self, at: float, arrivals: Iterator[float], at_most: int) -> int:
        """Submits a job, or an array in the place of as many arrivals; how many jobs that were."""
        queue = self._queues.draw()
        size = min(self._rng.randint(3, MAX_ARRAY), at_most)
        if size < 2 or self._rng.random() >= queue.arrays:
            job = self._teller.draw_job(queue, self._draw_job_id())
            self._teller.submit(job, at, f"{queue.name}-{self._rng.choice(SAMPLES)}{self._rng.randint(1000, 9999)}")
            return 1
        self._submit_array(queue, at, size)
        for _ in range(size - 1):
            next(arrivals)
        return size

    def _submit_array(self, queue: QueueShape, at: float, size: int) -> None:
        """An array parent and its children; some of them share a host two by two."""
        parent_id = self._draw_job_id()
        name = f"{queue.name}-batch{self._rng.randint(100, 999)}"
        self._teller.submit_parent(parent_id, queue, at, name)
        jobs = [self._teller.draw_job(queue, f"{parent_id}:{index}") for index in range(size)]
        for first, second in zip(jobs[::2], jobs[1::2], strict=False):
            if self._rng.random() < SHARED_HOST:
                host = self._fleet.launch(queue, first.vcpus + second.vcpus, self._teller.earliest_start(at))
                host.shared, first.shared_host, second.shared_host = True, host, host
        for job in jobs:
            self._teller.submit(job, at, name, parent_id)
        for job in jobs[::2]:
            if job.shared_host:
                self._fleet.release(job.shared_host)

    def _draw_job_id(self) -> str:
        digits = f"{self._rng.getrandbits(128):032x}"
        return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


class _Lottery:
    """Weighted draws from a fixed table, cheaper than `Random.choices` on each call."""

    def __init__(self, weighted: list[tuple[QueueShape, float]], rng: Random) -> None:
        self._rng = rng
        self._table = [item for item, weight in weighted for _ in range(max(1, round(weight)))]

    def draw(self) -> QueueShape:
        """One of the items."""
        return self._rng.choice(self._table)
