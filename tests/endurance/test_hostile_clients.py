"""Slow and malformed senders on a real server: nobody else waits, nothing breaks, memory stays.

ENDURANCE_BODIES sets how many malformed bodies are sent here; four thousand by default.
"""

import gzip
import os
import random
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.effort import effort
from tests.endurance.server import Server, memory_mib, running
from tests.endurance.story import job_events

BODIES = int(os.environ.get("ENDURANCE_BODIES", effort(4000, 1500)))
SLOW_SENDERS = 60

pytestmark = pytest.mark.slow


def open_slow(server: Server, length: int) -> socket.socket:
    """A request that promises `length` bytes and has sent one."""
    connection = socket.create_connection(("127.0.0.1", server.port))
    lines = [
        "POST /api/v1/events HTTP/1.1",
        f"Host: 127.0.0.1:{server.port}",
        "Content-Type: application/json",
        f"Content-Length: {length}",
    ]
    head = "\r\n".join(lines) + "\r\n\r\n"
    connection.sendall(head.encode() + b" ")
    return connection


def test_a_body_sent_byte_by_byte_enters_and_blocks_nobody(tmp_path: Path) -> None:
    body = b" " + orjson.dumps(job_events(random.Random(1), 1, "slow")[:1])
    with running(tmp_path / "data") as server:
        slow = open_slow(server, len(body))
        longest = 0.0
        for place in range(1, len(body)):
            slow.sendall(body[place : place + 1])
            if place % 40 == 0:
                began = time.monotonic()
                assert server.post(job_events(random.Random(place), place, "quick"))[0] == 200
                longest = max(longest, time.monotonic() - began)
        slow.settimeout(20)
        answer = b""
        while not answer.endswith(b"}"):  # head and body may come apart
            answer += slow.recv(65536)
        slow.close()
        assert answer.startswith(b"HTTP/1.1 200")
        assert b'"accepted":1' in answer
        assert longest < 10


def test_many_slow_senders_leave_room_for_readers_and_senders_and_are_given_up(tmp_path: Path) -> None:
    with running(tmp_path / "data") as server:
        slow = [open_slow(server, 1000) for _ in range(SLOW_SENDERS)]
        time.sleep(1.5)
        for path in ("/healthz", "/api/v1/summary"):
            began = time.monotonic()
            assert server.get(path)[0] == 200
            assert time.monotonic() - began < 5
        assert server.post(job_events(random.Random(1), 1, "quick"))[0] == 200
        for connection in slow:
            connection.settimeout(20)
            assert connection.recv(100).startswith(b"HTTP/1.1 408")
            connection.close()


def test_a_sender_that_hangs_up_in_the_middle_leaves_no_trace(tmp_path: Path) -> None:
    with running(tmp_path / "data") as server:
        for _ in range(50):
            open_slow(server, 1000).close()
        assert server.post(job_events(random.Random(1), 1, "quick"))[0] == 200
        assert "Traceback" not in server.log.read_text(encoding="utf-8")


def test_malformed_bodies_are_refused_without_an_error_of_ours_or_memory_growing(tmp_path: Path) -> None:
    with running(tmp_path / "data") as server:
        statuses: dict[int, int] = {}
        lock = threading.Lock()

        def send(seed: int) -> None:
            chance = random.Random(seed)
            body, headers = malformed(chance)
            try:
                status, _ = server.request("POST", "/api/v1/events", body, headers)
            except orjson.JSONDecodeError:
                status = 599
            with lock:
                statuses[status] = statuses.get(status, 0) + 1

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(send, range(BODIES // 5)))
            server.wait_until_folded()
            warm = memory_mib(server.process.pid)
            list(pool.map(send, range(BODIES // 5, BODIES)))
        server.wait_until_folded()
        grown = memory_mib(server.process.pid) - warm
        assert sum(statuses.values()) == BODIES
        assert {status for status in statuses if status >= 500} == set(), statuses
        assert {200, 207, 400, 415, 422} <= set(statuses), statuses
        assert grown < 150, f"{grown:.0f} MiB after {BODIES} bodies"
        assert "Traceback" not in server.log.read_text(encoding="utf-8")
        assert server.terminate() == 0


TYPES = [
    "application/json",
    "application/cloudevents+json",
    "application/cloudevents-batch+json",
    "application/x-ndjson",
]


def malformed(chance: random.Random) -> tuple[bytes, dict[str, str]]:
    """A good body with something wrong in its bytes, its values, its shape or its headers."""
    number = chance.randrange(1_000_000)
    events: Any = job_events(chance, number, "fuzz")
    headers = {"Content-Type": chance.choice(TYPES)}
    for _ in range(chance.randint(0, 4)):
        event = chance.choice(events)
        target = chance.choice([event, event["data"]]) if isinstance(event.get("data"), dict) else event
        if target:
            target[chance.choice(list(target))] = odd_value(chance)
    body = b"\n".join(map(orjson.dumps, events)) if "ndjson" in headers["Content-Type"] else orjson.dumps(events)
    if chance.random() < 0.3:
        damaged = bytearray(body)
        for _ in range(chance.randint(1, 5)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        body = bytes(damaged)
    if chance.random() < 0.2:
        body = body[: chance.randrange(len(body))]
    if chance.random() < 0.2:
        body = gzip.compress(body) if chance.random() < 0.5 else body
        headers["Content-Encoding"] = chance.choice(["gzip", "gzip", "br"])
    if chance.random() < 0.1:
        headers["Content-Type"] = chance.choice(["text/plain", "application/xml", "", "application/json; x"])
    if chance.random() < 0.1:
        headers["ce-specversion"] = chance.choice(["1.0", "2", "%FF%00"])
    return body, headers


def odd_value(chance: random.Random) -> Any:
    """A value few fields expect."""
    deep: Any = []
    for _ in range(chance.choice([3, 200])):
        deep = [deep]
    long = "x" * chance.choice([1, 600, 40_000])
    times = ["2026-13-01T00:00:00Z", "0001-01-01T00:00:00+14:00"]
    nested = {"a": {"b": [1, 2, {"c": None}]}}
    return chance.choice(
        [None, True, -1, 0, 1e308, 2**63, "", long, "\x00", [], {}, deep, *times, nested, "\U0001f9ec" * 99]
    )
