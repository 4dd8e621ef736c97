"""A crowd of connections: nodes that keep one each and ask now and then, others that say nothing at all.

Meanwhile a prober times the health check and the Dashboard.
"""

import resource
import select
import socket
import ssl
import threading
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from heapq import heappop, heappush
from typing import Any

from bench.server import HOST

PROBED = ("/healthz", "/")
DIALLERS = 6


@dataclass(frozen=True, slots=True)
class Crowd:
    """How many connections, and for how long.

    Attributes:
        nodes: that ask every `pause_seconds` over a connection they keep as long as the server lets them.
        silent: that say nothing.
    """

    nodes: int = 4000
    silent: int = 2000
    pause_seconds: float = 30.0
    seconds: float = 60.0
    path: str = "/api/v1/config"


@dataclass(slots=True)
class Seen:
    """What was seen.

    Attributes:
        asked: requests of nodes that were answered.
        failed: that were not.
        silent_seconds: how long connections that said nothing stayed open, the longest.
        probes: path → seconds each answer took.
    """

    asked: int = 0
    failed: int = 0
    reconnected: int = 0
    silent_seconds: float = 0.0
    still_silent: int = 0
    probes: dict[str, list[float]] = field(default_factory=lambda: {path: [] for path in PROBED})

    def summary(self) -> dict[str, Any]:
        """Counts, and the middle, the 99th percentile and the longest of each probe in milliseconds."""
        told = asdict(self)
        told["probes"] = {
            path: {
                name: round(1000 * _quantile(took, share), 1)
                for name, share in (("p50", 0.5), ("p99", 0.99), ("max", 1))
            }
            for path, took in self.probes.items()
        }
        return told


class Dialler:
    """Opens connections to a server, plain or with TLS."""

    def __init__(self, port: int, *, tls: bool) -> None:
        self._port = port
        self._context = ssl._create_unverified_context() if tls else None  # noqa: S323 - our own server on this machine

    def connect(self, *, silent: bool = False) -> socket.socket:
        """A connection; a silent one does not even begin TLS."""
        connection = socket.create_connection((HOST, self._port), timeout=20)
        return connection if silent or self._context is None else self._context.wrap_socket(connection)

    def ask(self, connection: socket.socket, path: str) -> None:
        """Sends a request and takes the whole answer.

        Raises:
            OSError: the connection broke, or the answer was no 200.
        """
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self._some(connection)
        head, _, body = answer.partition(b"\r\n\r\n")
        if head[9:12] != b"200":
            raise ConnectionError(f"answered {head[:60]!r}")
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
        while len(body) < length:
            body += self._some(connection)

    @staticmethod
    def _some(connection: socket.socket) -> bytes:
        piece = connection.recv(1 << 20)
        if not piece:
            raise ConnectionError("closed")
        return piece


def crowd_in(port: int, crowd: Crowd, *, tls: bool) -> Seen:
    """What a server does under a crowd."""
    seen, dialler, stop = Seen(), Dialler(port, tls=tls), threading.Event()
    _allow_files(crowd.nodes + crowd.silent + 200)
    nodes = [
        threading.Thread(target=_be_nodes, args=(dialler, crowd, crowd.nodes // DIALLERS, seen, stop))
        for _ in range(DIALLERS)
    ]
    opened_at = time.monotonic()
    silent = [dialler.connect(silent=True) for _ in range(crowd.silent)]
    watcher = threading.Thread(target=_watch_silent, args=(silent, opened_at, seen, stop))
    for thread in (*nodes, watcher):
        thread.start()
    end_at = time.monotonic() + crowd.seconds
    while time.monotonic() < end_at:
        for path in PROBED:
            began = time.monotonic()
            with dialler.connect() as connection:
                dialler.ask(connection, path)
            seen.probes[path].append(time.monotonic() - began)
        time.sleep(0.05)
    stop.set()
    for thread in (*nodes, watcher):
        thread.join()
    return seen


def _be_nodes(dialler: Dialler, crowd: Crowd, count: int, seen: Seen, stop: threading.Event) -> None:
    """Plays some nodes: each asks, pauses, and asks again over its connection, or a new one if it was closed."""
    now = time.monotonic()
    due: list[tuple[float, int]] = []
    for number in range(count):
        heappush(due, (now + crowd.pause_seconds * number / count, number))
    kept: dict[int, socket.socket] = {}
    while not stop.is_set():
        due_at, number = due[0]
        if due_at > time.monotonic():
            time.sleep(min(0.05, due_at - time.monotonic() + 0.001))
            continue
        heappop(due)
        heappush(due, (due_at + crowd.pause_seconds, number))
        connection = kept.get(number)
        if connection is not None and _is_closed(connection):
            connection.close()
            connection = None
            seen.reconnected += 1
        try:
            connection = kept[number] = connection or dialler.connect()
            dialler.ask(connection, crowd.path)
            seen.asked += 1
        except OSError:
            seen.failed += 1
            kept.pop(number, None)
    for connection in kept.values():
        connection.close()


def _watch_silent(silent: list[socket.socket], opened_at: float, seen: Seen, stop: threading.Event) -> None:
    poll = select.poll()
    by_number = {connection.fileno(): connection for connection in silent}
    for number in by_number:
        poll.register(number, select.POLLIN)
    while by_number and not stop.is_set():
        for number, _ in poll.poll(200):
            poll.unregister(number)
            by_number.pop(number).close()
            seen.silent_seconds = time.monotonic() - opened_at
    seen.still_silent = len(by_number)
    for connection in by_number.values():
        connection.close()


def _is_closed(connection: socket.socket) -> bool:
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    return bool(poll.poll(0))


def _quantile(values: list[float], share: float) -> float:
    return sorted(values)[round(share * (len(values) - 1))] if values else 0.0


def _allow_files(count: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < count:
        with suppress(ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (min(count, hard), hard))
