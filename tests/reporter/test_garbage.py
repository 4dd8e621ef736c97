"""A server that answers anything at all: the job runs and ends as it would have without it."""

import socket
import sys
import threading
import time
from collections.abc import Iterator
from random import Random

import pytest

from tests.reporter.conftest import Wrapped

HEADS = (
    b"HTTP/1.1 200 OK\r\n",
    b"HTTP/1.1 500 Oops\r\n",
    b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\n",
    b"HTTP/1.1 999 \r\n",
    b"HTTP/9.9 200 OK\r\n",
    b"\x00\xff\xfe",
    b"",
)
LENGTHS = (b"Content-Length: 5\r\n", b"Content-Length: 99999999999\r\n", b"Content-Length: -1\r\n", b"", b"X: \xff\r\n")
BODIES = (b"{}", b'{"accepted": "many"}', b"[" * 5000, b'{"rejected": [{"index": 10}]}', b"\xff" * 999, b"null", b"")


@pytest.fixture(params=range(3))
def babbler(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a server that answers at random, and sometimes hangs up or says nothing for a while."""
    chance, listening = Random(request.param), socket.create_server(("127.0.0.1", 0))

    def answer(connection: socket.socket, head: bytes, pause: float) -> None:
        with connection:
            connection.settimeout(5)
            try:
                connection.recv(1 << 16)
                time.sleep(pause)
                connection.sendall(head)
            except OSError:
                return

    def serve() -> None:
        while True:
            try:
                connection = listening.accept()[0]
            except OSError:
                return
            said = chance.choice(HEADS) + chance.choice(LENGTHS) + b"\r\n" + chance.choice(BODIES)
            cut = said[: chance.choice((len(said), chance.randrange(len(said) + 1)))]
            threading.Thread(target=answer, args=(connection, cut, chance.choice((0, 0, 3))), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    # An accept that waits ends with a shutdown; closing alone leaves it waiting.
    listening.shutdown(socket.SHUT_RDWR)
    listening.close()


def test_the_job_ends_as_it_would_have_whatever_the_server_answers(wrapped: Wrapped, babbler: str) -> None:
    job = [sys.executable, "-c", "import sys, time; time.sleep(4); sys.stdout.write('done'); sys.exit(7)"]
    options = wrapped.with_checkpoints("babbled", "--interval", "1s")
    began = time.monotonic()
    process = wrapped.start(*options, command=job, server=babbler, stdout=-1)
    assert process.stdout is not None
    assert process.stdout.read() == b"done"
    assert process.wait(20) == 7
    assert time.monotonic() - began < 15
