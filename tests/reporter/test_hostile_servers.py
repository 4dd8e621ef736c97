"""Whatever answers at the server's address, the job ends as it would have, at most two seconds later."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.reporter.conftest import Wrapped

Answer = Callable[[socket.socket], None]


def say(text: bytes) -> Answer:
    return lambda connection: connection.sendall(text)


def drip(connection: socket.socket) -> None:
    for byte in b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + b"x" * 1000:
        connection.sendall(bytes([byte]))
        time.sleep(0.2)


def silence(connection: socket.socket) -> None:
    connection.settimeout(30)
    while connection.recv(65536):
        pass


ANSWERS: dict[str, Answer] = {
    "500": say(b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n"),
    "401": say(b"HTTP/1.1 401 No\r\nContent-Length: 2\r\n\r\n{}"),
    "garbage": say(b"\x00\xff\xfe garbage \r\n\r\n" * 20),
    "a page that says 200": say(b"HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n<html></html>"),
    "redirect": say(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n"),
    "endless": say(b"HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n" + b"x" * 100_000),
    "closed": lambda connection: None,
    "drip": drip,
    "silence": silence,
}


@contextmanager
def answering(answer: Answer) -> Iterator[str]:
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=attend, args=(connection,), daemon=True).start()

    def attend(connection: socket.socket) -> None:
        with connection:
            try:
                connection.recv(65536)
                answer(connection)
            except OSError:
                return

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.close()


@pytest.mark.parametrize("name", ANSWERS)
def test_the_job_ends_as_it_would_have(wrapped: Wrapped, name: str) -> None:
    with answering(ANSWERS[name]) as url:
        began = time.monotonic()
        process = wrapped.start("--job-id", "j", command=["sh", "-c", "sleep 0.5; exit 9"], server=url)
        assert process.wait(20) == 9
        # Start-up of the interpreter and a second of asking for the configuration are in it.
        assert time.monotonic() - began < 6.0
    kept = list(wrapped.folder.parent.rglob("*.e.json"))
    assert kept == [] or all(path.stat().st_size for path in kept)


def test_nothing_that_was_not_taken_leaves_the_spool(wrapped: Wrapped) -> None:
    spool = wrapped.folder / "spool"
    environment = wrapped.environment(MMBATCH_REPORT_SPOOL=str(spool))
    with answering(ANSWERS["a page that says 200"]) as url:
        process = wrapped.start("--job-id", "j", command=["true"], server=url, environment=environment)
        assert process.wait(20) == 0
    assert len(list(spool.rglob("*.e.json"))) == 3  # started, usage, succeeded


def test_what_no_disk_takes_goes_to_the_server_from_memory(wrapped: Wrapped) -> None:
    blocked = wrapped.folder / "a-file"
    blocked.write_text("")
    environment = wrapped.environment(MMBATCH_REPORT_SPOOL=str(blocked / "spool"))
    came: list[bytes] = []

    class Accepting(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def do_POST(self) -> None:
            came.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"accepted": 1}')

    with ThreadingHTTPServer(("127.0.0.1", 0), Accepting) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}"
        process = wrapped.start("--job-id", "j", command=["sleep", "1"], server=url, environment=environment)
        assert process.wait(20) == 0
        server.shutdown()
    told = [event["type"] for body in came for event in json.loads(body)]
    assert sorted(told) == ["mmbatch.job.started", "mmbatch.job.succeeded", "mmbatch.job.usage"]


def test_a_disk_that_takes_nothing_is_no_trouble_of_the_job(wrapped: Wrapped) -> None:
    blocked = wrapped.folder / "a-file"
    blocked.write_text("")
    environment = wrapped.environment(MMBATCH_REPORT_SPOOL=str(blocked / "spool"))
    process = wrapped.start("--job-id", "j", command=["sh", "-c", "exit 6"], environment=environment)
    assert process.wait(20) == 6
