"""Counted places: so many in all, of them so many for one address and so many for one caller."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Party:
    """Who asks for places.

    Attributes:
        address: the connection's, or the one a trusted proxy names.
        caller: token or session; empty for strangers, who are told apart by address alone.
    """

    address: str
    caller: str = ""


class NoPlace(Exception):
    """All places are taken, or all that this party may have."""


class Places:
    """Places, or bytes, taken and given back on one event loop."""

    def __init__(self, in_all: int, of_address: int, of_caller: int) -> None:
        self._in_all, self._of_address, self._of_caller = in_all, of_address, of_caller
        self._taken = 0
        self._by_address: Counter[str] = Counter()
        self._by_caller: Counter[str] = Counter()

    @property
    def taken(self) -> int:
        """How many are taken now."""
        return self._taken

    def take(self, party: Party, count: int = 1) -> None:
        """Takes some.

        Raises:
            NoPlace: there are not so many left for this party; none was taken.
        """
        if not self.has_room(party, count):
            raise NoPlace
        self._taken += count
        self._by_address[party.address] += count
        if party.caller:
            self._by_caller[party.caller] += count

    def has_room(self, party: Party, count: int = 1) -> bool:
        """Whether this party could take so many."""
        return (
            self._taken + count <= self._in_all
            and self._by_address[party.address] + count <= self._of_address
            and (not party.caller or self._by_caller[party.caller] + count <= self._of_caller)
        )

    def give_back(self, party: Party, count: int = 1) -> None:
        """Gives back what was taken. Nothing is kept of a party that holds none."""
        self._taken -= count
        for counts, key in ((self._by_address, party.address), (self._by_caller, party.caller)):
            if key in counts:
                counts[key] -= count
                if counts[key] <= 0:
                    del counts[key]

    @contextmanager
    def one(self, party: Party) -> Iterator[None]:
        """One place for the time of a block.

        Raises:
            NoPlace: there is none for this party.
        """
        self.take(party)
        try:
            yield
        finally:
            self.give_back(party)


class Turns:
    """Places that are waited for: whoever has room for one gets the next that is free, in the order they came."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._waiting: list[tuple[Party, asyncio.Future[None]]] = []

    @property
    def waiting(self) -> int:
        """How many wait for one."""
        return len(self._waiting)

    @asynccontextmanager
    async def one(self, party: Party, seconds: float) -> AsyncIterator[None]:
        """A place for the time of a block.

        Raises:
            NoPlace: none became free for this party in time.
        """
        if self._places.has_room(party):
            self._places.take(party)
        else:
            await self._wait(party, seconds)
        try:
            yield
        finally:
            self._places.give_back(party)
            self._call_next()

    async def _wait(self, party: Party, seconds: float) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        entry = (party, turn)
        self._waiting.append(entry)
        try:
            async with asyncio.timeout(seconds):
                await turn
        except (TimeoutError, asyncio.CancelledError) as error:
            if turn.done() and not turn.cancelled():
                self._places.give_back(party)
                self._call_next()
            if isinstance(error, TimeoutError):
                raise NoPlace from None
            raise
        finally:
            if entry in self._waiting:
                self._waiting.remove(entry)

    def _call_next(self) -> None:
        for entry in self._waiting:
            party, turn = entry
            if not turn.done() and self._places.has_room(party):
                self._places.take(party)
                turn.set_result(None)
                self._waiting.remove(entry)
                return
