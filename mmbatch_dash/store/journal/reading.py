"""Reading the journal's lines: what is damaged is left out, noted with its place, and never stops what follows."""

from typing import NamedTuple

from mmbatch_dash.store.journal.checksum import find_damaged
from mmbatch_dash.store.journal.damage import CUT, MISSING, Damage, DamageBook
from mmbatch_dash.store.journal.shelf import Shelf


class Stretch(NamedTuple):
    """Lines of the journal that follow each other.

    Attributes:
        begin: position of the first byte of `data`.
        data: whole lines; those that are damaged are blank, so that every other line keeps its place.
        end: position after what was read, damage behind the lines included.
    """

    begin: int
    data: bytes
    end: int


class Reader:
    """Reads lines at journal positions."""

    def __init__(self, shelf: Shelf, book: DamageBook, sealed_from: int) -> None:
        """Reads what is on the shelf, noting damage in the book; from `sealed_from` on lines have checksums."""
        self._shelf = shelf
        self._book = book
        self._sealed_from = sealed_from

    def read(self, position: int, max_bytes: int) -> Stretch:
        """Lines of one segment from `position` on, a hole before them passed over; at the end, nothing.

        At least one line comes back where there is one, however long it is.
        """
        while position < self._shelf.end:
            start, stop = self._shelf.span(position)
            asked = min(max_bytes, stop - position)
            data = self._shelf.read(start, position - start, asked)
            cut = len(data) < asked
            if not cut and asked < stop - position and b"\n" not in data:
                data = self._whole_line(start, position, stop)
                cut = not data.endswith(b"\n")
            whole = data.rfind(b"\n") + 1
            end = position + whole
            if cut or (position + len(data) == stop and end < stop):  # or its last line has lost its end
                self._note(start, end, stop - end, None, MISSING if end == start else CUT)
                end = stop
            if whole:
                return Stretch(position, self._blank_damaged(start, position, data[:whole]), end)
            position = end
        return Stretch(position, b"", position)

    def read_line(self, position: int) -> bytes | None:
        """The line that begins at `position`; None where it cannot be read."""
        start, stop = self._shelf.span(position)
        line = self._whole_line(start, position, stop)
        reason = CUT if line else MISSING
        if line.endswith(b"\n"):
            _, _, reason = next(find_damaged(line, self._sealed_from - position), (0, 0, ""))
            if not reason:
                return line if line.strip() else None
        number = self._shelf.count_lines(start, position - start) + 1
        self._note(start, position, max(len(line), 1), number, reason)
        return None

    def _whole_line(self, start: int, position: int, stop: int) -> bytes:
        size = 1 << 16
        while True:
            asked = min(size, stop - position)
            data = self._shelf.read(start, position - start, asked)
            newline = data.find(b"\n") + 1
            if newline or len(data) < asked or asked == stop - position:
                return data[:newline] if newline else data
            size *= 4

    def _blank_damaged(self, start: int, position: int, data: bytes) -> bytes:
        blank: bytearray | None = None
        before = lines = counted = 0
        for begin, end, reason in find_damaged(data, self._sealed_from - position):
            if blank is None:
                blank = bytearray(data)
                before = self._shelf.count_lines(start, position - start)
            blank[begin : end - 1] = b" " * (end - 1 - begin)
            lines += data.count(b"\n", counted, begin)
            counted = begin
            self._note(start, position + begin, end - begin, before + lines + 1, reason)
        return data if blank is None else bytes(blank)

    def _note(self, start: int, position: int, length: int, line: int | None, reason: str) -> None:
        self._book.note(Damage(self._shelf.name(start), position, length, line, reason))
