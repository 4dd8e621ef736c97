"""What one server does for all in the shared database: old identities go, and old events lose what they came as."""

import logging
from collections.abc import Callable
from datetime import datetime

import pyarrow as pa

from mmbatch_dash.domain.errors import StoreUnavailable
from mmbatch_dash.store.cluster.postgres import Postgres
from mmbatch_dash.store.journal.stripping import strip_line
from mmbatch_dash.store.journal.window import WINDOW
from mmbatch_dash.store.watching import Watch

LOG = logging.getLogger(__name__)

LOOK_SECONDS = 30.0
IDENTITIES_AT_ONCE = 50_000
ROWS_AT_ONCE = 20
LEVEL_OF_OLD = 9

_FORGET = """
DELETE FROM mmbatch.seen WHERE identity = ANY (ARRAY(
    SELECT identity FROM mmbatch.seen WHERE received_at < %s LIMIT %s
))
"""
_OLD = """
SELECT domain, start_position, length, lines FROM mmbatch.journal
WHERE NOT stripped AND received_at < %s ORDER BY received_at LIMIT %s FOR UPDATE
"""
_STRIP = "UPDATE mmbatch.journal SET lines = %s, stripped = true WHERE domain = %s AND start_position = %s"


class SharedKeeper(Watch):
    """Looks after the shared journal, at the one server whose turn it is."""

    def __init__(
        self,
        postgres: Postgres,
        is_turn: Callable[[], bool],
        clock: Callable[[], datetime],
        originals_since: Callable[[], datetime | None] = lambda: None,
    ) -> None:
        """Looks after a journal.

        Args:
            postgres: where it is.
            is_turn: whether this server is the one to do it.
            clock: what time it is.
            originals_since: from when on events are kept as they came; None keeps all.
        """
        super().__init__("journal-keeper", LOOK_SECONDS, "The shared journal could not be looked after")
        self._postgres, self.is_turn, self._clock = postgres, is_turn, clock
        self._originals_since = originals_since

    def look(self) -> None:
        """Drops what is too old; while the database is away, the next look does it."""
        try:
            self.forget_identities()
            self.strip_events()
        except StoreUnavailable as error:
            LOG.warning("The shared journal could not be looked after: %s", error)

    def forget_identities(self) -> int:
        """Drops identities of more than a day ago, by which no repeat need be recognised; how many those were."""
        done = 0
        before = self._clock() - WINDOW
        while not self._stopping.is_set():
            with self._postgres.transaction() as cursor:
                gone = cursor.execute(_FORGET, [before, IDENTITIES_AT_ONCE]).rowcount
            done += gone
            if gone < IDENTITIES_AT_ONCE:
                break
        return done

    def strip_events(self) -> int:
        """Takes the originals out of what was received too long ago; of how many rows those were."""
        done = 0
        while (since := self._originals_since()) is not None and not self._stopping.is_set():
            with self._postgres.transaction() as cursor:
                rows = cursor.execute(_OLD, [since, ROWS_AT_ONCE]).fetchall()
                for domain, start, length, packed in rows:
                    cursor.execute(_STRIP, [_strip(packed, length), domain, start])
            done += len(rows)
            if len(rows) < ROWS_AT_ONCE:
                break
        return done


def _strip(packed: bytes, length: int) -> bytes:
    """The lines without their originals, each as long as before; as they were where they cannot be unpacked."""
    codec = pa.Codec("zstd", compression_level=LEVEL_OF_OLD)
    try:
        lines = codec.decompress(packed, length, asbytes=True)
    except (OSError, ValueError):
        return packed
    return bytes(codec.compress(b"".join(strip_line(line) for line in lines.splitlines(keepends=True)), asbytes=True))
