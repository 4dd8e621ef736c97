"""A journal in the shared database: any number of servers append to it, each event enters once, in one order for all.

An append is one transaction: what it may be recognised by goes into `seen`, where another server's repeat waits for it;
then the domain's end is moved on, which holds its row until the commit, so that positions are in the order of commits
and without holes; then the lines. The answer comes after the commit.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from mmbatch_dash.domain.errors import StoreUnavailable
from mmbatch_dash.store.cluster.migrate import require_migrated
from mmbatch_dash.store.cluster.postgres import Postgres
from mmbatch_dash.store.cluster.rows import JournalRows
from mmbatch_dash.store.journal.appending import Appending, Groups
from mmbatch_dash.store.journal.damage import DamageBook
from mmbatch_dash.store.journal.interface import AppendResult
from mmbatch_dash.store.journal.reading import Stretch
from mmbatch_dash.store.journal.records import Record
from mmbatch_dash.store.journal.sorting import Sorted, asked_keys

if TYPE_CHECKING:
    from mmbatch_dash.store.cluster.postgres import Rows, Session

LOG = logging.getLogger(__name__)

DEFAULT_DOMAIN = "default"
LOOK_SECONDS = 0.25
"""How often it is asked what other servers have appended."""
AWAY_SECONDS = 2.0
"""How long it is left alone after it could not be asked."""

_SEE = """
INSERT INTO mmbatch.seen (identity, digest, received_at)
SELECT identity, digest, %s FROM unnest(%s::bigint[], %s::bigint[]) AS asked (identity, digest) ORDER BY identity
ON CONFLICT DO NOTHING RETURNING identity
"""
_KNOWN = "SELECT identity, digest FROM mmbatch.seen WHERE identity = ANY (%s::bigint[])"
_MOVE = """
INSERT INTO mmbatch.domains AS known (domain, position) VALUES (%s, %s)
ON CONFLICT (domain) DO UPDATE SET position = known.position + excluded.position RETURNING position
"""
_ADD = "INSERT INTO mmbatch.journal (domain, start_position, length, received_at, lines) VALUES (%s, %s, %s, %s, %s)"
_END = "SELECT position FROM mmbatch.domains WHERE domain = %s"
_LAST = "SELECT received_at FROM mmbatch.journal WHERE domain = %s ORDER BY start_position DESC LIMIT 1"
_SIZE = "SELECT pg_total_relation_size('mmbatch.journal') + pg_total_relation_size('mmbatch.seen')"
KNOWS_LESS = (
    "The tables of this server were made from {position:,} bytes of the journal, and the database at {place} holds "
    "{end:,}: it is an older state of it, or another one. Start with an empty data directory to show what it holds."
)


class PostgresJournal:
    """A journal in the shared database. Thread-safe.

    Attributes:
        place: host, port and name of the database.
        name: of the journal, made with its tables: what was made from another one is not taken for this one's.
        on_append: called after each append, of whichever server, with the new end.
        damage: what of it was found damaged.
    """

    def __init__(
        self,
        postgres: Postgres,
        *,
        domain: str = DEFAULT_DOMAIN,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        folder: Path | None = None,
    ) -> None:
        """Opens the journal.

        Args:
            postgres: the database; closed by whoever opened it, after the journal.
            domain: of what is appended and read.
            clock: what time it is.
            folder: where this server remembers what it found damaged, in a folder named after the journal; without one
                it is told until the next start.

        Raises:
            StoreUnavailable: the database cannot be asked, or has not been migrated.
        """
        require_migrated(postgres)
        self._postgres = postgres
        self.place = postgres.place
        self._domain = domain
        self._clock = clock
        self._codec = pa.Codec("zstd", compression_level=1)
        with postgres.transaction() as cursor:
            self.name = str(cursor.execute("SELECT name FROM mmbatch.journal_name").fetchall()[0][0])
            self._end = _read_end(cursor, domain)
        remembered = folder / f"journal-{self.name[:8]}" if folder else None
        if remembered:
            remembered.mkdir(parents=True, exist_ok=True)
        self.damage = DamageBook(remembered)
        self._rows = JournalRows(postgres, domain, self.damage)
        self._problem: str | None = None
        self._moving = threading.Lock()
        self.on_append: Callable[[int], None] = lambda end: None
        self._stored_end = self._end
        self._appending = Appending(self._store, lambda: self._move(self._stored_end))
        self._stopping = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="journal-watch", daemon=True)
        self._watcher.start()

    @property
    def end(self) -> int:
        """Position after the last line known to be stored, by whichever server; at most a moment old."""
        return self._end

    def append(self, records: Sequence[Record]) -> AppendResult:
        """What became of the records, once those that are new are committed. All or nothing.

        Raises:
            StoreUnavailable: the database did not take them, or too many are waiting.
        """
        return self._appending.append(records)

    def read(self, position: int, max_bytes: int) -> Stretch:
        """Whole lines from `position` on; without data, and with `position` as its end, at the journal's end.

        Raises:
            StoreUnavailable: the database cannot be asked.
        """
        return self._rows.read(position, max_bytes)

    def read_line(self, position: int) -> bytes | None:
        """The line that begins at `position`; None where it is damaged or missing.

        Raises:
            StoreUnavailable: the database cannot be asked.
        """
        return self._rows.read_line(position)

    def go_on_from(self, position: int) -> None:
        """Nothing, up to the end; beyond it there is nothing to go on from that others could agree to.

        Raises:
            StoreUnavailable: the position is beyond the end.
        """
        if position > self._end:
            self._move(self._ask_end())
        if position > self._end:
            raise StoreUnavailable(KNOWS_LESS.format(position=position, place=self._postgres.place, end=self._end))

    def last_append_at(self) -> datetime | None:
        """When something was last appended, by whichever server; None if nothing ever was.

        Raises:
            StoreUnavailable: the database cannot be asked.
        """
        with self._postgres.transaction() as cursor:
            rows = cursor.execute(_LAST, [self._domain]).fetchall()
        return rows[0][0] if rows else None

    def stored_bytes(self) -> int:
        """What the journal takes in the database.

        Raises:
            StoreUnavailable: the database cannot be asked.
        """
        with self._postgres.transaction() as cursor:
            return int(cursor.execute(_SIZE).fetchall()[0][0])

    def obstacle(self) -> str | None:
        """Why nothing can be accepted now, or None."""
        return self._problem

    def close(self) -> None:
        """Stores what is waiting, then closes; closing again does nothing."""
        self._appending.close()
        self._stopping.set()
        self._watcher.join()

    def _store(self, groups: Groups) -> list[AppendResult]:
        now = self._clock()
        asked = asked_keys(groups)
        # As they are in the database; one that is no identity is found out here.
        ours = np.fromiter(asked, np.uint64, len(asked)).view(np.int64).tolist()
        digests = np.fromiter(asked.values(), np.uint64, len(asked)).view(np.int64).tolist()

        def change(cursor: "Rows") -> list[AppendResult]:
            known = _see(cursor, ours, digests, now) if ours else {}
            found = Sorted(groups, known)
            if found.lines:
                lines = b"".join(found.lines)
                packed = self._codec.compress(lines, asbytes=True)
                ((end,),) = cursor.execute(_MOVE, [self._domain, len(lines)]).fetchall()
                cursor.execute(_ADD, [self._domain, end - len(lines), len(lines), now, packed])
            else:
                end = _read_end(cursor, self._domain)
            return found.results(end)

        results = self._postgres.run(change)
        self._stored_end = results[-1].end
        return results

    def _ask_end(self) -> int:
        with self._postgres.transaction() as cursor:
            return _read_end(cursor, self._domain)

    def _move(self, end: int) -> None:
        with self._moving:
            if end > self._end:
                self._end = end
                self.on_append(end)

    def _look(self, session: "Session") -> int:
        return self._postgres.translate(lambda: _read_end(session.cursor(), self._domain))

    def _watch(self) -> None:
        """Asks for what other servers appended, on a connection of its own that nobody else waits for."""
        session: Session | None = None
        while not self._stopping.is_set():
            try:
                session = session or self._postgres.connect()
                self._move(self._look(session))
                self._problem = None
            except StoreUnavailable as error:
                if self._problem is None:
                    LOG.warning("%s", error)
                self._problem = str(error)
                if session is not None:
                    with suppress(Exception):
                        session.close()
                session = None
            self._stopping.wait(AWAY_SECONDS if self._problem else LOOK_SECONDS)
        if session is not None:
            session.close()


def _see(cursor: "Rows", identities: list[int], digests: list[int], now: datetime) -> dict[int, int]:
    """Notes what is new as seen; identity → digest of what was seen before, unsigned as records have them.

    Of two who note the same at once, the second waits here for the first one's commit, or for its failure.
    """
    new = {identity for (identity,) in cursor.execute(_SEE, [now, identities, digests]).fetchall()}
    if len(new) == len(identities):
        return {}
    others = [identity for identity in identities if identity not in new]
    # A statement of its own: it sees what was committed while the one before waited.
    found = cursor.execute(_KNOWN, [others]).fetchall()
    return {identity % _UNSIGNED: digest % _UNSIGNED for identity, digest in found}


_UNSIGNED = 1 << 64


def _read_end(cursor: "Rows", domain: str) -> int:
    rows = cursor.execute(_END, [domain]).fetchall()
    return int(rows[0][0]) if rows else 0
