"""The row of a fleet: nodes that beat, jobs that go on, one event a POST, dashboards open; what that costs."""

import contextlib
import http.client
import json
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import cycle, islice
from pathlib import Path
from queue import SimpleQueue

from bench.ingest import Feed
from bench.load import MANY, ONE
from bench.plan import Plan, say
from bench.posting import post_body
from bench.server import HOST, Server, family
from bench.table import Row

NODES, BEAT_SECONDS, JOB_EVENTS_A_SECOND, DASHBOARDS, SENDERS = 4_000, 30, 23, 10, 16
REFRESH_SECONDS, LOOK_SECONDS, DAY = 10.0, 0.25, 86_400
CPU_SHARE, LAG_SECONDS, WRITTEN_GB = 0.15, 1.0, 12.0


@dataclass(slots=True)
class _Cost:
    """What the server's processes had used at one moment."""

    cpu_seconds: float
    written_bytes: int
    journal_bytes: int


@dataclass(slots=True)
class _Seen:
    """Lags as the server told them."""

    lags: list[float] = field(default_factory=list)

    def p95(self) -> float:
        return sorted(self.lags)[int(0.95 * (len(self.lags) - 1))]


def measure_fleet(server: Server, plan: Plan, feed: Feed, data_dir: Path) -> Iterator[Row]:
    """One row a cost; a day is extrapolated from the seconds measured, before closed segments shrink."""
    rate = NODES / BEAT_SECONDS + JOB_EVENTS_A_SECOND
    say(f"a fleet of {NODES:,} nodes for {plan.fleet_seconds:.0f} s")
    _register(server)
    seen, enough = _Seen(), threading.Event()
    watchers = [threading.Thread(target=_look, args=(server, seen, enough))]
    watchers += [threading.Thread(target=_keep_open, args=(server, n, enough)) for n in range(DASHBOARDS)]
    time.sleep(2.0)
    for watcher in watchers:
        watcher.start()
    before, began = _cost(server, data_dir), time.perf_counter()
    sent = _send(server, feed, rate, plan.fleet_seconds)
    seconds = time.perf_counter() - began
    after = _cost(server, data_dir)
    enough.set()
    for watcher in watchers:
        watcher.join()
    share = (after.cpu_seconds - before.cpu_seconds) / seconds
    written = (after.written_bytes - before.written_bytes) / seconds * DAY / 1e9
    journal = (after.journal_bytes - before.journal_bytes) / seconds * DAY / 1e9
    what = f"a fleet of {NODES:,} nodes, {sent / seconds:,.0f} events/s, {DASHBOARDS} dashboards"
    yield Row(what, f"{share:.0%} of a core", "–", None, f"<= {CPU_SHARE:.0%}", share <= CPU_SHARE)
    lag = seen.p95()
    yield Row("  its lag, p95", f"{lag:.2f} s", "–", None, f"<= {LAG_SECONDS:.0f} s", lag <= LAG_SECONDS)
    ours = f"{written:,.1f} GB written, journal {journal:,.1f} GB before it is thinned"
    yield Row("  a day", ours, "–", None, f"<= {WRITTEN_GB:.0f} GB written", written <= WRITTEN_GB)


def _register(server: Server) -> None:
    for first in range(0, NODES, 1000):
        events = [_node(n, "registered", 0) for n in range(first, min(first + 1000, NODES))]
        post_body(server, json.dumps(events).encode(), MANY)


def _send(server: Server, feed: Feed, rate: float, seconds: float) -> int:
    """Events sent one a request at a steady rate, none waiting for another's answer; how many."""
    load = feed.load(int(JOB_EVENTS_A_SECOND * seconds) + 1, 1, 1)
    with load.file.open("rb") as file:
        jobs = iter([line.rstrip() for line in islice(file, load.first, load.first + load.count)])
    beats = cycle(range(NODES))
    every = round(rate / JOB_EVENTS_A_SECOND)
    due: SimpleQueue[bytes | None] = SimpleQueue()
    senders = [threading.Thread(target=_post_what_is_due, args=(server, due)) for _ in range(SENDERS)]
    for sender in senders:
        sender.start()
    began, sent = time.perf_counter(), 0
    while (now := time.perf_counter() - began) < seconds:
        if sent > now * rate:
            time.sleep(0.001)
            continue
        body = next(jobs, None) if sent % every == 0 else None
        due.put(body or json.dumps(_node(next(beats), "heartbeat", sent)).encode())
        sent += 1
    for _ in senders:
        due.put(None)
    for sender in senders:
        sender.join()
    return sent


def _post_what_is_due(server: Server, due: "SimpleQueue[bytes | None]") -> None:
    connection = http.client.HTTPConnection(HOST, server.port, timeout=60)
    with contextlib.closing(connection):
        while (body := due.get()) is not None:
            connection.request("POST", "/api/v1/events", body, {"Content-Type": ONE})
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 200, f"an event was answered with {answer.status}"


def _node(number: int, step: str, beat: int) -> dict[str, object]:
    now = datetime.now(UTC).isoformat()
    data = {"node_id": f"fleet-{number}", "instance_id": f"i-fleet{number:08x}", "engine_version": "2.1"}
    data |= {"instance_type": "m5.large", "availability_zone": "us-east-1a", "purchase_option": "spot"}
    head = {"specversion": "1.0", "id": f"{step}-{number}-{beat}-{now}", "source": "bench/fleet", "time": now}
    return {**head, "type": f"mmbatch.node.{step}", "data": data}


def _look(server: Server, seen: _Seen, enough: threading.Event) -> None:
    while not enough.wait(LOOK_SECONDS):
        seen.lags.append(float(json.loads(server.get("/readyz")[1])["lag_seconds"]))


def _keep_open(server: Server, number: int, enough: threading.Event) -> None:
    enough.wait(number * REFRESH_SECONDS / DASHBOARDS)
    while not enough.is_set():
        for path in ("/api/v1/summary", "/api/v1/queues", "/api/v1/timeseries"):
            server.get(path)
        enough.wait(REFRESH_SECONDS)


def _cost(server: Server, data_dir: Path) -> _Cost:
    ticks, written = 0, 0
    for pid in family(server.process.pid):
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
        told = dict(line.split(": ") for line in Path(f"/proc/{pid}/io").read_text(encoding="ascii").splitlines())
        written += int(told["write_bytes"])
    journal = sum(path.stat().st_size for path in (data_dir / "journal").rglob("*") if path.is_file())
    return _Cost(ticks / os.sysconf("SC_CLK_TCK"), written, journal)
