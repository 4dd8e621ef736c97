"""Rows of the fold: whether it keeps up with the load by the thousand, and how soon an answer is visible.

Marker jobs are posted every tenth of a second beside the load, and the API is asked how many of them it shows.
"""

import contextlib
import http.client
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bench.ingest import BATCH_CONNECTIONS, Feed, Limits, describe_batched
from bench.load import MANY, Taken, post
from bench.plan import Plan, say
from bench.server import HOST, Server
from bench.table import Row, short

EVERY_SECONDS = 0.1
LOOK_SECONDS = 0.05
VISIBLE_SECONDS = 2.0
PATIENCE_SECONDS = 120.0


@dataclass(slots=True)
class _Markers:
    """Times of the markers, in order.

    Attributes:
        answered: when each was acknowledged.
        seen: when each was found visible.
    """

    queue: str
    answered: list[float] = field(default_factory=list)
    seen: list[float] = field(default_factory=list)

    def delays(self) -> list[float]:
        """Seconds from answer to visible, ascending."""
        return sorted(seen - answered for answered, seen in zip(self.answered, self.seen, strict=True))


def measure_batched(server: Server, plan: Plan, feed: Feed, limits: Limits, jobs: int) -> Iterator[Row]:
    """Rows of a thousand events a request, and of the fold under that load."""
    say(f"posting {plan.batched:,} events by the thousand")
    began = time.perf_counter()
    with _watch(server) as markers:
        taken = post(server, feed.load(plan.batched, 1_000, BATCH_CONNECTIONS))
    all_visible = time.perf_counter() - began
    if plan.wants("ingest"):
        yield describe_batched(taken, limits, jobs)
    if plan.wants("fold"):
        yield _describe(taken, all_visible, markers, jobs)


def _describe(taken: Taken, all_visible: float, markers: _Markers, jobs: int) -> Row:
    delays = markers.delays()
    p50, p95 = delays[len(delays) // 2], delays[int(0.95 * (len(delays) - 1))]
    rate = taken.events / all_visible
    ratio = rate / taken.events_per_second
    return Row(
        f"fold under that load, {short(jobs)} jobs",
        f"{rate:,.0f} events/s; visible after p50 {p50:.1f} s, p95 {p95:.1f} s",
        f"{taken.events_per_second:,.0f}/s accepted",
        ratio,
        "p95 <= 2 s",
        p95 <= VISIBLE_SECONDS,
    )


@contextmanager
def _watch(server: Server) -> Iterator[_Markers]:
    """Posts markers while the body runs, then waits until the last one is visible."""
    markers = _Markers(f"marker-{time.monotonic_ns()}")
    enough = threading.Event()
    threads = [
        threading.Thread(target=_post_markers, args=(server, markers, enough)),
        threading.Thread(target=_look, args=(server, markers, enough)),
    ]
    for thread in threads:
        thread.start()
    try:
        yield markers
    finally:
        enough.set()
        for thread in threads:
            thread.join()


def _post_markers(server: Server, markers: _Markers, enough: threading.Event) -> None:
    connection = http.client.HTTPConnection(HOST, server.port, timeout=60)
    with contextlib.closing(connection):
        while not enough.wait(EVERY_SECONDS):
            event = marker(markers.queue, len(markers.answered))
            connection.request("POST", "/api/v1/events", json.dumps([event]), {"Content-Type": MANY})
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 200, f"a marker was answered with {answer.status}"
            markers.answered.append(time.perf_counter())


def _look(server: Server, markers: _Markers, enough: threading.Event) -> None:
    path = f"/api/v1/summary?queue={markers.queue}"
    give_up_at = None
    while True:
        ended = enough.is_set()
        shown = json.loads(server.get(path)[1])["figures"]["total_jobs"]
        now = time.perf_counter()
        markers.seen += [now] * (shown - len(markers.seen))
        if ended and shown >= len(markers.answered):
            return
        if ended:
            give_up_at = give_up_at or now + PATIENCE_SECONDS
            assert now < give_up_at, f"a marker was not visible {PATIENCE_SECONDS:.0f} s after the load"
        time.sleep(LOOK_SECONDS)


def marker(queue: str, number: int) -> dict[str, object]:
    """An event whose job is found by its queue."""
    return {
        "specversion": "1.0",
        "id": str(number),
        "source": f"bench/{queue}",
        "type": "mmbatch.job.submitted",
        "time": datetime.now(UTC).isoformat(),
        "data": {"job_id": f"{queue}-{number}", "queue": queue},
    }
