"""Bodies of requests, read on the event loop against the clock: a slow sender holds no thread and not for long."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from mmbatch_dash.front import limits
from mmbatch_dash.front.places import NoPlace, Party, Places

Receive = Callable[[], Awaitable[dict[str, Any]]]

TOO_SLOW = (
    f"The body came too slowly: it has {limits.BODY_SECONDS:.0f} s in all, and has to come at 1 KiB/s; "
    "send it in smaller parts."
)
TOO_SLOW_STREAM = "The body came too slowly: it has to come at 1 KiB/s; send it again, what was taken in stays."
TOO_MANY_SLOW = "Too many slow bodies are being received from here; send this one again shortly."
TOO_MUCH_HELD = "Too many large bodies are being received; send this one again shortly."


class BodyRefused(Exception):
    """The body is read no further; status and sentence for the sender."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class BodyTooLong(Exception):
    """The body has more bytes than it may; the application is the one to say so."""


class SenderLeft(Exception):
    """The connection broke before the body was whole."""


class Bodies:
    """All bodies on their way to a server."""

    def __init__(self) -> None:
        self._slow = Places(limits.SLOW_BODIES, limits.SLOW_OF_ADDRESS, limits.SLOW_OF_CALLER)
        self._held = Places(limits.HELD_BYTES, limits.HELD_OF_ADDRESS, limits.HELD_OF_ADDRESS)

    async def read(self, receive: Receive, party: Party, limit_bytes: int) -> bytes:
        """The whole body, held in memory.

        Raises:
            BodyRefused: too slow, or no place for it.
            BodyTooLong: more than `limit_bytes`.
            SenderLeft: the connection broke.
        """
        pieces: list[bytes] = []
        size, holder = 0, Party(party.address)
        try:
            async with self._watch(party, in_all=limits.BODY_SECONDS) as watch:
                async for piece in _pieces(receive):
                    if size + len(piece) > limit_bytes:
                        raise BodyTooLong
                    self._hold(holder, len(piece))
                    size += len(piece)
                    pieces.append(piece)
                    watch.came(size)
        finally:
            self._held.give_back(holder, size)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    async def pass_on(
        self, receive: Receive, party: Party, limit_bytes: int, put: Callable[[bytes], Awaitable[None]]
    ) -> None:
        """Hands on a body piece by piece, as fast as the other side takes it; only the rate is watched.

        Raises:
            BodyRefused: too slow.
            BodyTooLong: more than `limit_bytes`.
            SenderLeft: the connection broke.
        """
        size = 0
        async with self._watch(party, in_all=None) as watch:
            async for piece in _pieces(receive):
                size += len(piece)
                if size > limit_bytes:
                    raise BodyTooLong
                with watch.paused():
                    await put(piece)
                watch.came(size)

    def _hold(self, holder: Party, count: int) -> None:
        try:
            self._held.take(holder, count)
        except NoPlace:
            raise BodyRefused(503, TOO_MUCH_HELD) from None

    @asynccontextmanager
    async def _watch(self, party: Party, *, in_all: float | None) -> AsyncIterator["Watch"]:
        watch = Watch(self._slow, party, in_all)
        try:
            async with watch.limit:
                watch.begin()
                yield watch
        except TimeoutError:
            raise BodyRefused(*watch.refusal) from None
        finally:
            watch.end()


class Watch:
    """The clock over one body. Nothing is cancelled that goes on: a piece that had come would be lost."""

    def __init__(self, slow: Places, party: Party, in_all: float | None) -> None:
        self._loop = asyncio.get_running_loop()
        self._slow, self._party, self._in_all = slow, party, in_all
        self._began = self._loop.time()
        self._size = 0
        self._has_place = False
        self._becoming_slow: asyncio.TimerHandle | None = None
        self.limit = asyncio.timeout(None)
        # Status and sentence, not the exception: that would hold its own frames, and with them the connection, in a
        # circle until the garbage collector comes by.
        self.refusal = (408, TOO_SLOW if in_all else TOO_SLOW_STREAM)

    def begin(self) -> None:
        """Starts the clock."""
        self._set_deadline()
        if self._in_all is not None:
            self._becoming_slow = self._loop.call_later(limits.SLOW_AFTER_SECONDS, self._become_slow)

    def came(self, size: int) -> None:
        """Notes how much has come in all."""
        self._size = size
        self._set_deadline()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Stops the clock for a block, while it is not the sender who is waited for."""
        paused_at = self._loop.time()
        self.limit.reschedule(None)
        yield
        self._began += self._loop.time() - paused_at
        self._set_deadline()

    def end(self) -> None:
        """Gives back what was taken."""
        if self._becoming_slow is not None:
            self._becoming_slow.cancel()
        if self._has_place:
            self._slow.give_back(self._party)

    def _set_deadline(self) -> None:
        by_rate = limits.BODY_GRACE_SECONDS + self._size / limits.BODY_BYTES_PER_SECOND
        self.limit.reschedule(self._began + (by_rate if self._in_all is None else min(by_rate, self._in_all)))

    def _become_slow(self) -> None:
        try:
            self._slow.take(self._party)
            self._has_place = True
        except NoPlace:
            self.refusal = (503, TOO_MANY_SLOW)
            self.limit.reschedule(self._loop.time())


async def _pieces(receive: Receive) -> AsyncIterator[bytes]:
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise SenderLeft
        more = message.get("more_body", False)
        if piece := message.get("body", b""):
            yield piece
