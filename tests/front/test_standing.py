"""A front counts its connections, what is under way and what it refused; an operator reads them at /metrics."""

import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from mmbatch_dash.front import limits
from mmbatch_dash.front.front import Allowance
from mmbatch_dash.front.standing import Refusal
from mmbatch_dash.services.connections import Connections
from tests.front.conftest import Served, served


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.usefixtures("quick_limits")
def test_open_idle_waiting_and_refused_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "WAIT_SECONDS", 20.0)
    go_on = threading.Event()

    def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        if environ["PATH_INFO"] == "/held":
            assert go_on.wait(20)
        start_response("200 OK", [("Content-Length", "2")])
        return [b"ok"]

    with served(application, lambda environ: Allowance("token", 1000)) as server:
        connections = Connections()
        assert connections.read() is None
        connections.watch(server.port, 1000, server.front.tally)

        def now() -> Any:
            return connections.read()

        silent = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(3)]
        until(lambda: now().open == 3)
        assert (now().idle, now().under_way, now().most) == (3, 0, 1000)
        held = [_ask(server, "/held") for _ in range(10)]
        until(lambda: now().under_way == 10)
        # One token has eight threads at most; the others wait for theirs.
        until(lambda: now().waiting == 2)
        assert (now().open, now().idle) == (13, 3)
        monkeypatch.setattr(limits, "WAIT_SECONDS", 0.1)
        held.append(_ask(server, "/held"))
        until(lambda: now().refused[Refusal.BUSY] == 1)
        slow = server.half_sent("/slow")
        until(lambda: now().refused[Refusal.SLOW] == 1)
        go_on.set()
        until(lambda: now().under_way == 0)
        for connection in (*silent, *held, slow):
            connection.close()
        until(lambda: now().open == 0)


def _ask(server: Served, path: str) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", server.port))
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    return connection
