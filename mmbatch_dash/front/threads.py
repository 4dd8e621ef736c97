"""Threads that run the web application, and how its answers get from them to the event loop."""

import asyncio
import logging
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any

from mmbatch_dash.front import limits

LOG = logging.getLogger(__name__)
Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
Headers = list[tuple[bytes, bytes]]


class ApplicationFailed(Exception):
    """The application raised; the log has it."""


class Threads:
    """As many threads as may work at a time, made once."""

    def __init__(self, count: int = limits.THREADS) -> None:
        self._jobs: SimpleQueue[Callable[[], None]] = SimpleQueue()
        for number in range(count):
            threading.Thread(target=self._work, name=f"request-{number}", daemon=True).start()

    def run(self, job: Callable[[], None]) -> None:
        """Has one of them do it, once it is free; the job deals with its own errors."""
        self._jobs.put(job)

    def _work(self) -> None:
        while True:
            self._jobs.get()()


class Answer:
    """What an application answers, on its way from a thread to the loop.

    Attributes:
        started: status, headers, and the body where it is held whole; None where it is streamed.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.started: asyncio.Future[tuple[int, Headers, bytes | None]] = loop.create_future()
        self._pieces: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._room = threading.Semaphore(limits.STREAM_AHEAD)
        self._given_up = threading.Event()
        self._failed = False

    def make(self, application: Application, environ: dict[str, Any]) -> None:
        """Runs the application; called in a thread."""
        begun: list[tuple[int, Headers]] = []

        def start_response(
            status: str, headers: list[tuple[str, str]], _trouble: Any = None
        ) -> Callable[[bytes], None]:
            named = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
            begun[:] = [(int(status[:3]), named)]
            return _no_writing

        try:
            body = application(environ, start_response)
            if isinstance(body, list):
                self._tell(self._start, (*begun[0], b"".join(body)))
            else:
                self._stream(body, begun)
        except Exception:  # whatever it does, the caller gets an answer
            LOG.exception("The application failed")
            self._failed = True
            self._tell(self._fail)
            self._tell(self._pieces.put_nowait, None)

    async def next_piece(self) -> bytes | None:
        """The next piece of a streamed body; None after the last.

        Raises:
            ApplicationFailed: in the middle.
        """
        piece = await self._pieces.get()
        if piece is None and self._failed:
            raise ApplicationFailed
        self._room.release()
        return piece

    def give_up(self) -> None:
        """Tells the thread that nobody reads any more."""
        self._given_up.set()
        self._room.release()

    def _stream(self, body: Iterable[bytes], begun: list[tuple[int, Headers]]) -> None:
        try:
            first = True
            for piece in body:
                if first:
                    self._tell(self._start, (*begun[0], None))
                    first = False
                self._room.acquire()
                if self._given_up.is_set():
                    return
                self._tell(self._pieces.put_nowait, piece)
            if first:
                self._tell(self._start, (*begun[0], b""))
            self._tell(self._pieces.put_nowait, None)
        finally:
            if close := getattr(body, "close", None):
                close()

    def _start(self, started: tuple[int, Headers, bytes | None]) -> None:
        if not self.started.done():
            self.started.set_result(started)

    def _fail(self) -> None:
        if not self.started.done():
            self.started.set_exception(ApplicationFailed())

    def _tell(self, what: Callable[..., Any], *arguments: Any) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self._loop.call_soon_threadsafe(what, *arguments)


class Pipe:
    """A body on its way from the loop to the thread that reads it as a file; holds `STREAM_AHEAD` pieces at most."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._pieces: SimpleQueue[bytes | None] = SimpleQueue()
        self._room = asyncio.Semaphore(limits.STREAM_AHEAD)
        self._rest = b""
        self._ended = False
        self._broken = ""

    async def put(self, piece: bytes) -> None:
        """Takes a piece, once there is room for it."""
        await self._room.acquire()
        self._pieces.put(piece)

    def end(self, broken: str = "") -> None:
        """No more comes; with a reason if the body is not whole."""
        self._broken = broken
        self._pieces.put(None)

    def read(self, size: int = -1) -> bytes:
        """Some bytes, at most `size`; b"" at the end.

        Raises:
            OSError: the body broke off.
        """
        if size < 0:
            return b"".join(iter(lambda: self.read(1 << 16), b""))
        while not self._rest and not self._ended:
            piece = self._pieces.get()
            if piece is None:
                self._ended = True
                if self._broken:
                    raise OSError(self._broken)
                break
            self._rest = piece
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._room.release)
        given, self._rest = self._rest[:size], self._rest[size:]
        return given

    def readline(self, size: int = -1) -> bytes:
        """A line, as PEP 3333 wants it."""
        line = b""
        while not line.endswith(b"\n") and (size < 0 or len(line) < size) and (byte := self.read(1)):
            line += byte
        return line

    def __iter__(self) -> "Pipe":
        return self

    def __next__(self) -> bytes:
        if line := self.readline():
            return line
        raise StopIteration

    def drain(self) -> None:
        """Lets go of what nobody read."""
        with suppress(Empty):
            while self._pieces.get_nowait() is not None:
                pass


def _no_writing(_data: bytes) -> None:
    raise RuntimeError("The application must return its body (PEP 3333's write() is for old ones).")
