"""Rows of ingestion: one event a request, a thousand a request, and what the size of the store does to it."""

from dataclasses import dataclass, field
from pathlib import Path

from bench.append import PER_APPEND
from bench.load import Load, Taken, post
from bench.plan import Plan, say
from bench.server import Server, serve_bare
from bench.table import Row, short

ONE_BY_ONE_CONNECTIONS, BATCH_CONNECTIONS = 32, 4
WARM = 2_000


@dataclass(slots=True)
class Feed:
    """The events of a file, each given out once a server.

    Attributes:
        file: one event a line.
        next: the first one not given out.
        events: how many there are.
    """

    file: Path
    next: int = 0
    events: int = 0

    def load(self, count: int, per_request: int, connections: int) -> Load:
        """The next `count` events as a load."""
        first, self.next = self.next, self.next + count
        assert self.next <= self.events, f"the bench made {self.events:,} events and needs {self.next:,}"
        return Load(self.file, first, count, per_request, connections)


@dataclass(slots=True)
class Limits:
    """What the same machine can do.

    Attributes:
        bare: requests a second of a bare route; None where it was not measured.
        append: events a second of the in-process append; None where it was not measured.
        batched: jobs in the store → events a second by the thousand, filled in as the run goes on.
    """

    bare: float | None = None
    append: float | None = None
    batched: dict[int, float] = field(default_factory=dict)


def measure_bare(file: Path, count: int) -> float:
    """Requests a second of the bare route over the same connections."""
    say(f"posting {count:,} events to a bare Flask route")
    with serve_bare() as server:
        post(server, Load(file, 0, min(WARM, count), 1, ONE_BY_ONE_CONNECTIONS))
        return post(server, Load(file, 0, count, 1, ONE_BY_ONE_CONNECTIONS)).events_per_second


def warm(server: Server, plan: Plan, feed: Feed) -> None:
    """Lets a fresh server meet its first requests unmeasured."""
    post(server, feed.load(min(WARM, plan.singles), 1, ONE_BY_ONE_CONNECTIONS))


def measure_singles(server: Server, plan: Plan, feed: Feed, limits: Limits, jobs: int) -> Row:
    """One event a request over 32 connections."""
    say(f"posting {plan.singles:,} events one by one")
    taken = post(server, feed.load(plan.singles, 1, ONE_BY_ONE_CONNECTIONS))
    bare = limits.bare or 0.0
    ratio = taken.events_per_second / bare
    return Row(
        f"1 event a POST, {ONE_BY_ONE_CONNECTIONS} connections, {short(jobs)} jobs",
        f"{taken.events_per_second:,.0f}/s, p95 {taken.p95_seconds * 1000:.0f} ms",
        f"{bare:,.0f}/s bare route",
        ratio,
        ">= 0.8",
        ratio >= 0.8,
    )


def describe_batched(taken: Taken, limits: Limits, jobs: int) -> Row:
    """A thousand events a request over 4 connections."""
    rate, append = taken.events_per_second, limits.append or 0.0
    limits.batched[jobs] = rate
    ratio = rate / append
    return Row(
        f"{PER_APPEND:,} events a POST, {BATCH_CONNECTIONS} connections, {short(jobs)} jobs",
        f"{rate:,.0f} events/s, p95 {taken.p95_seconds * 1000:.0f} ms",
        f"{append:,.0f}/s append",
        ratio,
        ">= 0.6",
        ratio >= 0.6,
    )


def compare_sizes(limits: Limits) -> list[Row]:
    """Events a second with the big store over that with the small one."""
    if len(limits.batched) < 2:
        return []
    small, big = min(limits.batched), max(limits.batched)
    ratio = limits.batched[big] / limits.batched[small]
    what = f"events/s with {short(big)} jobs / with {short(small)}"
    ours, limit = f"{limits.batched[big]:,.0f}/s", f"{limits.batched[small]:,.0f}/s"
    return [Row(what, ours, limit, ratio, ">= 0.9", ratio >= 0.9)]
