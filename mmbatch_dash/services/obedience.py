"""Who fetched which configuration, and since when. Kept in memory; written down now and then, for the next start."""

import contextlib
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from mmbatch_dash.domain.instants import parse_instant, to_iso
from mmbatch_dash.store.config.file import replace_text

FILE_NAME = "config.obedience.json"
MOST_CLIENTS = 20_000
NAME_LIMIT = 128
FORGET_AFTER = timedelta(days=30)


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
    """

    name: str
    named: Named
    etag: str
    version: int
    since: datetime
    seen_at: datetime
    queue: str | None = None

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
        folder: Path,
        in_force: Callable[[str | None], tuple[str, int]],
        patience: Callable[[], timedelta],
        clock: Callable[[], datetime],
    ) -> None:
        """Reads what was written down.

        Args:
            folder: the data directory.
            in_force: etag and version of the configuration in force, for a queue or for all.
            patience: how long a node may be silent.
            clock: what time it is.
        """
        self._path = folder / FILE_NAME
        self._in_force, self._patience, self._clock = in_force, patience, clock
        self._lock = threading.Lock()
        self._dirty = False
        self._clients = _read(self._path)

    def record(self, name: str, named: Named, etag: str, version: int, queue: str | None = None) -> None:
        """Notes that a client now has a configuration: it was given it, or told that it has it already."""
        now = self._clock()
        client = Client(name[:NAME_LIMIT], named, etag, version, now, now, queue[:NAME_LIMIT] if queue else None)
        with self._lock:
            known = self._clients.pop(client.key, None)
            if known is not None and known.etag == etag:
                client = replace(known, seen_at=now)
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

    def write(self) -> None:
        """Writes the register down if it changed, without those not heard of for long."""
        with self._lock:
            if not self._dirty:
                return
            self._dirty = False
            oldest = self._clock() - FORGET_AFTER
            self._clients = {name: client for name, client in self._clients.items() if client.seen_at >= oldest}
            clients = list(self._clients.values())
        replace_text(self._path, json.dumps([_record(client) for client in clients]))


def _record(client: Client) -> dict[str, Any]:
    return {**asdict(client), "since": to_iso(client.since), "seen_at": to_iso(client.seen_at)}


def _read(path: Path) -> dict[str, Client]:
    """What was written down; nothing where that cannot be read, for the clients will ask again."""
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        clients = [_client(record) for record in json.loads(path.read_text(encoding="utf-8"))]
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
    )
