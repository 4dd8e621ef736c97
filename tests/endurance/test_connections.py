"""Many connections, half-sent forms and bodies, with a login: whoever comes whole is served.

`make connections` opens thousands.
"""

import re
import socket
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

import pytest

from bench.connections import serving
from bench.crowd import Crowd, crowd_in
from mmbatch_dash.auth.sessions.passwords import hash_password
from mmbatch_dash.domain.identity import Right, Role
from mmbatch_dash.store.auth.tokens import Tokens
from mmbatch_dash.store.auth.users import Users
from mmbatch_dash.store.documents.files import FileDocuments
from tests.endurance.server import Server, running

pytestmark = pytest.mark.slow
PASSWORD = "correct horse battery"


@pytest.mark.parametrize("tls", [False, True])
def test_nodes_that_keep_connections_and_sockets_that_say_nothing_keep_nobody_waiting(
    tmp_path: Path, tls: bool
) -> None:
    with serving(tmp_path / "data", tls=tls) as server:
        seen = crowd_in(server.port, Crowd(nodes=300, silent=200, pause_seconds=10, seconds=20), tls=tls)
    assert seen.failed == 0
    assert seen.asked >= 300
    assert seen.still_silent == 0
    assert seen.silent_seconds < 19
    for path, took in seen.probes.items():
        assert sorted(took)[round(0.99 * (len(took) - 1))] < 5, path  # who waited for the others would wait for 20 s


@pytest.fixture
def house(tmp_path: Path) -> Iterator[tuple[Server, str]]:
    """A server that alice may sign in to, and a token that may send events."""
    documents = FileDocuments(tmp_path / "data")
    Users(documents).save("alice", Role.ADMIN, hash_password(PASSWORD))
    token, _ = Tokens(documents).create("agent", [Right.INGEST], None)
    with running(tmp_path / "data") as server:
        yield server, token


def half_sent(server: Server, path: str, *headers: str, length: int = 500) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", server.port))
    head = "\r\n".join((f"POST {path} HTTP/1.1", "Host: localhost", f"Content-Length: {length}", *headers))
    connection.sendall(f"{head}\r\n\r\nx".encode())
    return connection


def sign_in(server: Server) -> HTTPConnection:
    """A connection on which alice signed in and read the Dashboard."""
    connection = HTTPConnection("127.0.0.1", server.port, timeout=20)
    connection.request("GET", "/login")
    answer = connection.getresponse()
    cookie = answer.headers["Set-Cookie"].split(";")[0]
    found = re.search(rb'name="csrf_token" value="([^"]+)"', answer.read())
    assert found
    form = urlencode({"csrf_token": found[1].decode(), "name": "alice", "password": PASSWORD})
    named = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", "/login", form, named)
    answer = connection.getresponse()
    answer.read()
    assert answer.status == 303
    connection.request("GET", "/", headers={"Cookie": answer.headers["Set-Cookie"].split(";")[0]})
    answer = connection.getresponse()
    answer.read()
    assert answer.status == 200
    return connection


def test_half_sent_forms_and_bodies_keep_nobody_from_signing_in_reading_and_sending(house: tuple[Server, str]) -> None:
    server, token = house
    form = "Content-Type: application/x-www-form-urlencoded"
    held = [half_sent(server, "/login", form) for _ in range(6)]
    for path in ("/api/v1/events", "/login", "/api/v1/configKV"):
        held += [half_sent(server, path, f"X-Api-Key: {token}", form) for _ in range(16)]
    time.sleep(1.5)
    began = time.monotonic()
    sign_in(server).close()
    assert server.post([], X_Api_Key=token)[0] == 200
    assert time.monotonic() - began < 5
    for connection in held:
        connection.settimeout(20)
        assert connection.recv(100)[9:12] in (b"408", b"403", b"503")
        connection.close()


def test_an_unknown_callers_body_is_not_awaited(house: tuple[Server, str]) -> None:
    server, _ = house
    for path, length in (("/api/v1/events", 30_000_000), ("/account/everywhere", 60_000)):
        with half_sent(server, path, length=length) as connection:
            connection.settimeout(5)
            assert connection.recv(100)[9:12] == b"401"


def test_a_form_is_bounded_though_its_length_is_not_declared(house: tuple[Server, str]) -> None:
    server, _ = house
    connection = HTTPConnection("127.0.0.1", server.port, timeout=20)
    connection.request("POST", "/login", iter([b"name=" + b"x" * 40_000] * 2), encode_chunked=True)
    assert connection.getresponse().status == 413
    connection.close()
