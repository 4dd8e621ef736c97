"""Reading the journal's rows: what is damaged is left out, noted with its place, and never stops what follows."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pyarrow as pa

from mmbatch_dash.store.cluster.postgres import Postgres
from mmbatch_dash.store.journal.checksum import find_damaged
from mmbatch_dash.store.journal.damage import MISSING, Damage, DamageBook
from mmbatch_dash.store.journal.reading import Stretch

if TYPE_CHECKING:
    from mmbatch_dash.store.cluster.postgres import Rows

MOST_ROWS = 2_000
"""Looked at for one answer; each holds what was appended together."""
UNREADABLE = "it cannot be unpacked"

_NEXT = """
SELECT start_position, length FROM mmbatch.journal
WHERE domain = %(domain)s AND start_position >= coalesce((
    SELECT max(start_position) FROM mmbatch.journal WHERE domain = %(domain)s AND start_position <= %(position)s
), 0)
ORDER BY start_position LIMIT %(most)s
"""
_LINES = """
SELECT start_position, length, lines FROM mmbatch.journal
WHERE domain = %s AND start_position BETWEEN %s AND %s ORDER BY start_position
"""
_END = "SELECT position FROM mmbatch.domains WHERE domain = %s"


class JournalRows:
    """Lines at journal positions, out of the shared database."""

    def __init__(self, postgres: Postgres, domain: str, book: DamageBook) -> None:
        """Reads the rows of a domain, noting damage in the book."""
        self._postgres = postgres
        self._domain = domain
        self._book = book

    def read(self, position: int, max_bytes: int) -> Stretch:
        """Lines from `position` on, a hole before them passed over; at the end, nothing.

        At least one line comes back where there is one, however long it is.
        """
        with self._snapshot() as cursor:
            begin = self._pass_hole(cursor, position)
            rows = self._following(cursor, begin, max_bytes)
        if not rows:
            return Stretch(begin, b"", begin)
        data = _whole_lines(b"".join(rows[start] for start in sorted(rows))[begin - min(rows) :], max_bytes)
        return Stretch(begin, self._blank_damaged(begin, data), begin + len(data))

    def read_line(self, position: int) -> bytes | None:
        """The line that begins at `position`; None where it cannot be read."""
        with self._snapshot() as cursor:
            rows = self._following(cursor, position, 1)
        if not rows:
            return None
        ((start, lines),) = rows.items()
        line = lines[position - start :]
        line = line[: line.find(b"\n") + 1]
        for _, _, reason in find_damaged(line, 0):
            self._note(start, position, len(line), reason)
            return None
        return line if line.strip() else None

    @contextmanager
    def _snapshot(self) -> Iterator["Rows"]:
        """A cursor whose questions all see the rows of one moment: a row and the end that its commit moved."""
        with self._postgres.transaction() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield cursor

    def _pass_hole(self, cursor: "Rows", position: int) -> int:
        """The position, or that of the next row where rows are missing before it."""
        found = cursor.execute(_NEXT, self._from(position, 2)).fetchall()
        for start, length in found:
            if start <= position < start + length:
                return position
            if start > position:
                self._note(position, position, start - position, MISSING)
                return int(start)
        ends = cursor.execute(_END, [self._domain]).fetchall()
        if ends and (end := int(ends[0][0])) > position:
            self._note(position, position, end - position, MISSING)
            return end
        return position

    def _following(self, cursor: "Rows", position: int, max_bytes: int) -> dict[int, bytes]:
        """Start → lines of the row that holds the position, and of those after it, up to so many bytes."""
        first = last = None
        for start, length in cursor.execute(_NEXT, self._from(position, MOST_ROWS)).fetchall():
            if first is None:
                if not start <= position < start + length:
                    continue
                first = last = start
                end = start + length
            elif start == end and end - position < max_bytes:
                last, end = start, start + length
            else:
                break
        if first is None:
            return {}
        rows = cursor.execute(_LINES, [self._domain, first, last]).fetchall()
        return {start: self._unpack(start, length, lines) for start, length, lines in rows}

    def _unpack(self, start: int, length: int, packed: bytes) -> bytes:
        try:
            lines = pa.Codec("zstd").decompress(packed, length, asbytes=True)
        except (OSError, ValueError):
            lines = b""
        if len(lines) == length and lines.endswith(b"\n"):
            return bytes(lines)
        self._note(start, start, length, UNREADABLE)
        return b" " * (length - 1) + b"\n"

    def _blank_damaged(self, position: int, data: bytes) -> bytes:
        blank: bytearray | None = None
        for begin, end, reason in find_damaged(data, 0):
            blank = blank or bytearray(data)
            blank[begin : end - 1] = b" " * (end - 1 - begin)
            self._note(position, position + begin, end - begin, reason)
        return data if blank is None else bytes(blank)

    def _from(self, position: int, most: int) -> dict[str, str | int]:
        return {"domain": self._domain, "position": position, "most": most}

    def _note(self, row: int, position: int, length: int, reason: str) -> None:
        self._book.note(Damage(f"{self._domain}/{row}", position, length, None, reason))


def _whole_lines(data: bytes, max_bytes: int) -> bytes:
    """Whole lines of at most so many bytes, or the first line where that is longer."""
    if len(data) <= max_bytes:
        return data
    cut = data.rfind(b"\n", 0, max_bytes) + 1
    return data[: cut or data.find(b"\n") + 1]
