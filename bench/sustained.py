"""The row of the sustained rate: most events a second of which each second's last is visible within two seconds."""

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

from bench.fold import marker
from bench.ingest import Feed
from bench.load import MANY
from bench.plan import Plan, say
from bench.posting import post_body
from bench.server import Server
from bench.table import Row, short

RATES = (1_000, 5_000, 10_000, 20_000, 30_000, 40_000, 50_000)
REACHED, VISIBLE_SECONDS, PER_REQUEST, SENDERS = 40_000, 2.0, 1_000, 4
LOOK_SECONDS, PATIENCE_SECONDS = 0.05, 60.0


def measure_sustained(server: Server, plan: Plan, feed: Feed, jobs: int) -> Iterator[Row]:
    """Rates are offered one after another until one is not kept up with."""
    kept, late = 0, 0.0
    for rate in rates_of(plan):
        say(f"offering {rate:,} events/s for {plan.sustained_seconds:.0f} s")
        late = _offer(server, plan, feed, rate)
        if late > VISIBLE_SECONDS:
            break
        kept = rate
    ours = f"{kept:,}/s for {plan.sustained_seconds:.0f} s; the last rate offered was visible after p95 {late:.1f} s"
    what = f"sustained rate, {short(jobs)} jobs"
    yield Row(what, ours, "–", None, f">= {REACHED:,}/s", kept >= REACHED)


def rates_of(plan: Plan) -> list[int]:
    """The rates that are offered, ascending."""
    return [rate for rate in RATES if rate <= plan.most_rate]


def _offer(server: Server, plan: Plan, feed: Feed, rate: int) -> float:
    """Seconds (p95) after which the last event of each second was visible."""
    seconds = round(plan.sustained_seconds)
    load = feed.load(rate * seconds, PER_REQUEST, SENDERS)
    queue = f"sustained-{time.monotonic_ns()}"
    with load.file.open("rb") as file:
        lines = [line.rstrip() for line in islice(file, load.first, load.first + load.count)]
    sent_at: list[float] = []
    seen_at: list[float] = []
    watching = threading.Thread(target=_look, args=(server, queue, seconds, seen_at))
    watching.start()
    began = time.perf_counter()
    with ThreadPoolExecutor(SENDERS) as senders:
        for second in range(seconds):
            mine = [*lines[second * rate : (second + 1) * rate], json.dumps(marker(queue, second)).encode()]
            bodies = [b"[" + b",".join(mine[n : n + PER_REQUEST]) + b"]" for n in range(0, len(mine), PER_REQUEST)]
            for number, body in enumerate(bodies):
                due = began + second + (number + 1) / len(bodies)
                time.sleep(max(0.0, due - time.perf_counter()))
                senders.submit(post_body, server, body, MANY)
            sent_at.append(began + second + 1)
    watching.join()
    delays = sorted(seen - sent for sent, seen in zip(sent_at, seen_at, strict=True))
    return delays[int(0.95 * (len(delays) - 1))]


def _look(server: Server, queue: str, count: int, seen_at: list[float]) -> None:
    give_up_at = time.perf_counter() + count + PATIENCE_SECONDS
    while len(seen_at) < count:
        shown = json.loads(server.get(f"/api/v1/summary?queue={queue}")[1])["figures"]["total_jobs"]
        now = time.perf_counter()
        seen_at += [now] * (shown - len(seen_at))
        if now > give_up_at:
            seen_at += [now] * (count - len(seen_at))
        time.sleep(LOOK_SECONDS)
