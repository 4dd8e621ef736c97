"""The running server of a data directory, asked by its private socket: no login, and no store of one's own."""

import json
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlencode

from mmbatch_dash.commands.serving import read_socket_path
from mmbatch_dash.domain.errors import InvalidInput, MmbatchDashError, StoreUnavailable
from mmbatch_dash.settings import Settings

Query = Mapping[str, str | Sequence[str]]

PIECE = 1 << 20
START_SECONDS = 10.0
"""For which a server that has the data directory is waited for: it may be on the point of listening."""
QUIET_SECONDS = 600.0
"""A large import answers when all of it is on disk."""


_OF_INPUT = (400, 413, 422)


class RunningServer:
    """A server that holds the data directory."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def get(self, path: str, query: Query | None = None) -> Any:
        """The JSON of a path.

        Raises:
            MmbatchDashError: the server refuses, in its own sentence; InvalidInput where that is what was sent.
            StoreUnavailable: it does not answer.
        """
        with self._ask("GET", path, query) as answer:
            return json.load(answer)

    def post(self, path: str, query: Query | None = None, *, content: Any = None) -> Any:
        """The JSON that a POST of JSON answers; raises as `get`."""
        body = b"" if content is None else json.dumps(content).encode()
        with self._ask("POST", path, query, body=body, media="application/json") as answer:
            return json.load(answer)

    def send_file(self, path: str, query: Query, file: IO[bytes], size: int) -> Any:
        """The JSON that a POST of a file answers; raises as `get`."""
        with self._ask("POST", path, query, body=file, size=size, media="application/octet-stream") as answer:
            return json.load(answer)

    @contextmanager
    def stream(self, path: str, query: Query | None = None) -> Iterator[Iterator[bytes]]:
        """The body of a path piece by piece; raises as `get`."""
        with self._ask("GET", path, query) as answer:
            yield iter(lambda: answer.read(PIECE), b"")

    @contextmanager
    def _ask(
        self,
        method: str,
        path: str,
        query: Query | None,
        *,
        body: bytes | IO[bytes] = b"",
        size: int | None = None,
        media: str = "",
    ) -> Iterator[HTTPResponse]:
        connection = _Connection(self._path)
        try:
            connection.connect()
            asked = f"{path}?{urlencode(query, doseq=True)}" if query else path
            length = len(body) if isinstance(body, bytes) else size
            headers = {"Content-Length": str(length), **({"Content-Type": media} if media else {})}
            # It may have answered before it had read all; then the answer says why.
            with suppress(BrokenPipeError, ConnectionResetError):
                connection.request(method, asked, body=body, headers=headers)
            answer = connection.getresponse()
            if answer.status >= 400:
                kind = InvalidInput if answer.status in _OF_INPUT else MmbatchDashError
                raise kind(_sentence(answer))
            yield answer
        except (OSError, HTTPException, ValueError) as error:
            raise StoreUnavailable(f"The server that holds the data did not answer at {self._path}: {error}.") from None
        finally:
            connection.close()


class _Connection(HTTPConnection):
    """HTTP over a socket that is a file."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=QUIET_SECONDS)
        self._path = path

    def connect(self) -> None:
        """Opens the socket; again for a while, where the server is about to listen."""
        deadline = time.monotonic() + START_SECONDS
        while True:
            self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self.sock.settimeout(QUIET_SECONDS)
            try:
                self.sock.connect(str(self._path))
            except (FileNotFoundError, ConnectionRefusedError):
                self.sock.close()
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
            else:
                return


def find_server(settings: Settings) -> RunningServer | None:
    """The server that noted down its private socket in the data directory; None where there is none."""
    path = read_socket_path(settings)
    return None if path is None else RunningServer(path)


def _sentence(answer: HTTPResponse) -> str:
    said = answer.read(1 << 20)
    try:
        return str(json.loads(said)["message"])
    except (ValueError, KeyError, TypeError):
        return f"The server answered {answer.status}: {said[:200].decode('utf-8', 'replace')}"
