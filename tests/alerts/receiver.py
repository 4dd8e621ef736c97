"""A real HTTP receiver in a thread, which keeps what it was sent."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Receiver:
    """What came in, and how to answer.

    Attributes:
        got: (path, headers, body) of each request, in order.
        status: to answer with; a redirect leads to a page that says 200.
        go_on: cleared, what comes in is kept waiting for its answer until it is set.
        came: released once for each request that came.
        address: of the server, without a path.
    """

    def __init__(self) -> None:
        self.got: list[tuple[str, dict[str, str], bytes]] = []
        self.status = 200
        self.address = ""
        self.go_on = threading.Event()
        self.go_on.set()
        self.came = threading.Semaphore(0)

    def ids(self) -> list[str]:
        """The id of each message taken, in order, with repeats."""
        return [headers["idempotency-key"] for _, headers, _ in self.got]

    def json(self) -> list[Any]:
        """The bodies, read."""
        return [json.loads(body) for _, _, body in self.got]


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver that listens on a port of its own."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if receiver.status == 200:
                headers = {name.lower(): value for name, value in self.headers.items()}
                receiver.got.append((self.path, headers, body))
            receiver.came.release()
            receiver.go_on.wait(60)
            self.send_response(receiver.status)
            if 300 <= receiver.status < 400:
                self.send_header("Location", "/login")
            self.send_header("Content-Length", "2")
            self.end_headers()
            with suppress(OSError):  # whoever asked may be dead by now
                self.wfile.write(b"ok")

        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_args: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    receiver.address = f"http://127.0.0.1:{server.server_address[1]}"
    yield receiver
    receiver.go_on.set()
    server.shutdown()
    server.server_close()
    thread.join()
