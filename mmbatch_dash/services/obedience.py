"""Who fetched which configuration, and since when. Kept in memory; written down now and then, for the next start."""

import json
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from mmbatch_dash.domain.errors import StoreUnavailable
from mmbatch_dash.domain.instants import CLOCK_SKEW, parse_instant, to_iso
from mmbatch_dash.store.documents.interface import Documents, Kept, Outdated, version_of

FILE_NAME = "config.obedience.json"
MOST_CLIENTS = 20_000
NAME_LIMIT = 128
FORGET_AFTER = timedelta(days=30)
CLOCK_TOLD_FOR = timedelta(hours=1)
"""A node that was not heard of for longer may have been mended, or be gone."""


class Named(StrEnum):
    """How a client is known."""

    NODE = "node"
    TOKEN = "token"  # noqa: S105 - a kind of name, not a secret
    USER = "user"
    ADDRESS = "address"


@dataclass(frozen=True, slots=True)
class Client:
    """Somebody who fetches the configuration.

    Attributes:
        name: node id, name of a token or user with its address, or the address alone.
        named: which of these.
        etag: of the configuration it has.
        version: of the change that configuration came with.
        since: when it first had it.
        seen_at: when it last asked.
        queue: whose values it asked for; None for the global ones.
        clock_ahead_seconds: how far its clock is ahead of the server's; None where it did not say what time it has.
    """

    name: str
    named: Named
    etag: str
    version: int
    since: datetime
    seen_at: datetime
    queue: str | None = None
    clock_ahead_seconds: float | None = None

    @property
    def key(self) -> str:
        """What the register knows it by: a node may ask for several queues."""
        return f"{self.named}:{self.name}" + (f"?{self.queue}" if self.queue else "")


@dataclass(frozen=True, slots=True)
class Obeys:
    """Everybody known, beside the configuration in force.

    Attributes:
        etag: of the configuration in force.
        version: of the change it came with.
        clients: those who have another configuration first, then by name.
        behind: how many have another configuration.
        silent: how many of all have not asked for longer than a node may be silent.
        etags: of the configuration in force for each queue that was asked for; None: for all others.
    """

    etag: str
    version: int
    clients: tuple[Client, ...]
    behind: int
    silent: int
    etags: Mapping[str | None, str]

    def is_current(self, client: Client) -> bool:
        """Whether a client has the configuration in force, as it is for the queue it asked for."""
        return client.etag == self.etags[client.queue]

    @property
    def obeying(self) -> int:
        """How many have the configuration in force."""
        return len(self.clients) - self.behind


class Obedience:
    """The register of clients. Safe for threads."""

    def __init__(
        self,
        documents: Documents,
        in_force: Callable[[str | None], tuple[str, int]],
        patience: Callable[[], timedelta],
        clock: Callable[[], datetime],
    ) -> None:
        """Reads what was written down.

        Args:
            documents: where it is written down, by each of several servers what it noted itself.
            in_force: etag and version of the configuration in force, for a queue or for all.
            patience: how long a node may be silent.
            clock: what time it is.
        """
        self._documents = documents
        self._in_force, self._patience, self._clock = in_force, patience, clock
        self._lock = threading.Lock()
        self._dirty = False
        kept: Kept | None = None
        with suppress(StoreUnavailable):  # the clients will ask again
            kept = documents.read(FILE_NAME)
        self._clients, self._written = _read(kept), version_of(kept)

    def record(
        self,
        name: str,
        named: Named,
        etag: str,
        version: int,
        queue: str | None = None,
        has_time: datetime | None = None,
    ) -> None:
        """Notes that a client now has a configuration: it was given it, or told that it has it already."""
        now = self._clock()
        ahead = (has_time - now).total_seconds() if has_time else None
        short = queue[:NAME_LIMIT] if queue else None
        client = Client(name[:NAME_LIMIT], named, etag, version, now, now, short, ahead)
        with self._lock:
            known = self._clients.pop(client.key, None)
            if known is not None and known.etag == etag:
                client = replace(known, seen_at=now, clock_ahead_seconds=ahead)
            # Put at the end: the first is the one that has been silent longest.
            self._clients[client.key] = client
            if len(self._clients) > MOST_CLIENTS:
                del self._clients[next(iter(self._clients))]
            self._dirty = True

    def report(self) -> Obeys:
        """Everybody known, beside the configuration in force."""
        etag, version = self._in_force(None)
        with self._lock:
            clients = list(self._clients.values())
        wanted = {queue: self._in_force(queue)[0] for queue in {client.queue for client in clients}}
        clients.sort(key=lambda client: (client.etag == wanted[client.queue], client.key))
        silent_before = self._clock() - self._patience()
        return Obeys(
            etag,
            version,
            tuple(clients),
            sum(client.etag != wanted[client.queue] for client in clients),
            sum(client.seen_at < silent_before for client in clients),
            wanted,
        )

    def clocks_off(self) -> dict[str, float]:
        """Node → how far its clock is ahead, of those that asked lately and are off by more than clocks may differ."""
        now = self._clock()
        with self._lock:
            heard = [one for one in self._clients.values() if now - one.seen_at < CLOCK_TOLD_FOR]
        return {
            one.name: one.clock_ahead_seconds
            for one in heard
            if one.clock_ahead_seconds is not None and abs(one.clock_ahead_seconds) > CLOCK_SKEW.total_seconds()
        }

    def write(self) -> None:
        """Takes over what other servers noted, and writes the register down if something is to be added to that.

        Those not heard of for long are left out.

        Raises:
            StoreUnavailable: it cannot be written; the next time it can.
        """
        while self._differs():
            try:
                self._written = self._documents.write(FILE_NAME, self._content(), self._written)
            except StoreUnavailable as error:
                self._dirty = True
                if not isinstance(error, Outdated):
                    raise

    def _differs(self) -> bool:
        """Whether there is something to write, after what others wrote is taken over."""
        version = self._documents.version(FILE_NAME)
        if version != self._written:
            kept = self._documents.read(FILE_NAME)
            self._take(_read(kept))
            self._written = version_of(kept)
        return self._dirty

    def _take(self, others: Mapping[str, Client]) -> None:
        with self._lock:
            clients = dict(self._clients)
            for key, other in others.items():
                if key not in clients or other.seen_at > clients[key].seen_at:
                    clients[key] = other
            newest = sorted(clients.items(), key=lambda item: item[1].seen_at)[-MOST_CLIENTS:]
            self._clients = dict(newest)

    def _content(self) -> bytes:
        with self._lock:
            self._dirty = False
            oldest = self._clock() - FORGET_AFTER
            self._clients = {name: client for name, client in self._clients.items() if client.seen_at >= oldest}
            clients = list(self._clients.values())
        return json.dumps([_record(client) for client in clients]).encode()


def _record(client: Client) -> dict[str, Any]:
    return {**asdict(client), "since": to_iso(client.since), "seen_at": to_iso(client.seen_at)}


def _read(kept: Kept | None) -> dict[str, Client]:
    """What was written down; nothing where that cannot be read, for the clients will ask again."""
    with suppress(ValueError, KeyError, TypeError):
        clients = [_client(record) for record in json.loads(kept.content if kept else "[]")]
        return {client.key: client for client in sorted(clients, key=lambda one: one.seen_at)}
    return {}


def _client(record: Mapping[str, Any]) -> Client:
    return Client(
        str(record["name"]),
        Named(record["named"]),
        str(record["etag"]),
        int(record["version"]),
        parse_instant(record["since"]),
        parse_instant(record["seen_at"]),
        record.get("queue"),
        record.get("clock_ahead_seconds"),
    )
