"""A front on a real socket over a small web application of the test's own."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any

import pytest
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server.embed import Server

from mmbatch_dash.front import limits
from mmbatch_dash.front.front import Allowance, Front

Allow = Callable[[dict[str, Any]], Allowance]


@dataclass
class Served:
    """A front that listens."""

    port: int
    front: Front
    loop: asyncio.AbstractEventLoop

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, bytes, dict[str, str]]:
        """Status, body and headers of one request on a connection of its own."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body, named, encode_chunked=hasattr(body, "__next__"))
            answer = connection.getresponse()
            return answer.status, answer.read(), {name.lower(): value for name, value in answer.getheaders()}
        finally:
            connection.close()

    def half_sent(self, path: str, *, length: int = 1000, sent: bytes = b"x", **headers: str) -> socket.socket:
        """A request that promises `length` bytes and has sent a few."""
        connection = socket.create_connection(("127.0.0.1", self.port))
        connection.settimeout(20)
        more = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n{more}\r\n"
        connection.sendall(head.encode() + sent)
        return connection


def read_all(connection: socket.socket) -> bytes:
    """What comes on a connection until it is closed."""
    pieces = []
    while piece := connection.recv(65536):
        pieces.append(piece)
    return b"".join(pieces)


@contextmanager
def served(application: Any, allow: Allow, may_wait: Any = None) -> Iterator[Served]:
    """The application behind a front, in a thread."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    started = threading.Event()
    made: list[Any] = []

    async def main() -> None:
        front = Front(application, allow, may_wait)
        server = Server(
            front,
            port=port,
            interface=Interfaces.ASGINL,
            http=HTTPModes.http1,
            websockets=False,
            backpressure=1000,
            http1_settings=HTTP1Settings(header_read_timeout=1000 * limits.HEAD_SECONDS),
            log_level=LogLevels.error,
        )
        serving = asyncio.create_task(server.serve())
        made.extend((front, asyncio.get_running_loop(), server))
        await asyncio.sleep(0.05)
        started.set()
        await serving

    thread = threading.Thread(target=asyncio.run, args=(main(),), daemon=True)
    thread.start()
    assert started.wait(10)
    front, loop, server = made
    try:
        yield Served(port, front, loop)
    finally:
        loop.call_soon_threadsafe(server.stop)
        thread.join(20)


@pytest.fixture
def quick_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seconds become tenths."""
    monkeypatch.setattr(limits, "BODY_SECONDS", 2.0)
    monkeypatch.setattr(limits, "BODY_GRACE_SECONDS", 0.5)
    monkeypatch.setattr(limits, "SLOW_AFTER_SECONDS", 0.1)
    monkeypatch.setattr(limits, "STALL_SECONDS", 0.5)
    monkeypatch.setattr(limits, "WAIT_SECONDS", 1.0)
