"""The segment files of a journal as they lie on disk, plain or compressed. Reads bytes; writes and judges nothing."""

from datetime import datetime
from itertools import pairwise
from pathlib import Path

import orjson

from mmbatch_dash.store.journal.frames import FramedFile

SUFFIX = ".ndjson"
PACKED_SUFFIX = ".ndjson.zst"
_LAST_BYTES = 256 * 1024


class Shelf:
    """Segments in order, each named after the global byte position of its first byte.

    Attributes:
        end: position after the last byte that counts.
    """

    def __init__(self, folder: Path, end: int | None = None) -> None:
        """Looks at what is there.

        Args:
            folder: of the journal.
            end: up to where it counts; up to where the last segment reaches if not given.
        """
        self._folder = folder
        found = {path.name.split(".")[0] for path in folder.glob(f"*{SUFFIX}*") if _is_segment(path)}
        self._starts = sorted(map(int, found))
        self.end = self._reach() if end is None else end

    @property
    def starts(self) -> tuple[int, ...]:
        """Global positions at which the segments begin, in order; the last one is being written."""
        return tuple(self._starts)

    def spans(self) -> list[tuple[int, int]]:
        """Begin and end of each segment as positions; a segment reaches to the next, whatever its file holds."""
        return [(start, stop) for start, stop in pairwise([*self._starts, self.end])]

    def span(self, position: int) -> tuple[int, int]:
        """Begin and end of the segment that holds `position`; a hole before the first one is a span of its own.

        Raises:
            ValueError: the position is not in the journal.
        """
        spans = self.spans()
        if spans and 0 <= position < spans[0][0]:
            return 0, spans[0][0]
        for start, stop in spans:
            if start <= position < stop:
                return start, stop
        raise ValueError(f"position {position} is not in the journal (its end is {self.end})")

    def span_length(self, start: int) -> int:
        """How many bytes of the journal the segment at `start` stands for."""
        return next(stop - begin for begin, stop in self.spans() if begin == start)

    def read(self, start: int, offset: int, count: int) -> bytes:
        """Bytes of a segment; fewer than `count` where its file ends, none where there is no file."""
        try:
            with self.plain(start).open("rb") as file:
                file.seek(offset)
                return file.read(count)
        except FileNotFoundError:
            pass
        try:
            framed = FramedFile(self.packed(start))
        except FileNotFoundError:
            return b""
        try:
            return framed.read(offset, count)
        finally:
            framed.close()

    def size(self, start: int) -> int:
        """How many bytes a segment's file holds, uncompressed; 0 where there is none."""
        if self.plain(start).exists():
            return self.plain(start).stat().st_size
        try:
            framed = FramedFile(self.packed(start))
        except FileNotFoundError:
            return 0
        framed.close()
        return framed.size

    def whole_lines(self) -> int:
        """Position after the last whole line, where no note tells how far the journal goes."""
        if not self._starts:
            return 0
        last = self._starts[-1]
        return last + self.read(last, 0, self.end - last).rfind(b"\n") + 1

    def count_lines(self, start: int, offset: int) -> int:
        """How many lines of a segment end before `offset`."""
        return self.read(start, 0, offset).count(b"\n")

    def last_received_at(self, start: int) -> datetime | None:
        """When the last line of a segment was received; None where that cannot be read."""
        end = self.size(start)
        begin = end
        while begin > 0:
            begin = max(0, begin - _LAST_BYTES)
            lines = [line for line in self.read(start, begin, end - begin).split(b"\n") if line.strip()]
            if len(lines) > 1 or (lines and begin == 0):
                return _received_at(lines[-1])
        return None

    def first_received_at(self, start: int) -> datetime | None:
        """When the first line of a segment was received; None where that cannot be read."""
        lines = [line for line in self.read(start, 0, _LAST_BYTES).split(b"\n")[:-1] if line.strip()]
        return _received_at(lines[0]) if lines else None

    def plain(self, start: int) -> Path:
        """Path of a segment as it is written."""
        return self._folder / f"{start:020d}{SUFFIX}"

    def packed(self, start: int) -> Path:
        """Path of a segment once compressed."""
        return self._folder / f"{start:020d}{PACKED_SUFFIX}"

    def name(self, start: int) -> str:
        """Name of a segment's file, as it is on disk or was."""
        return (self.packed(start) if self.packed(start).exists() else self.plain(start)).name

    def sidecar(self, start: int, suffix: str) -> Path:
        """Path of a derived file that belongs to the segment at `start`."""
        return self._folder / f"{start:020d}{suffix}"

    def _reach(self) -> int:
        return self._starts[-1] + self.size(self._starts[-1]) if self._starts else 0


def _received_at(line: bytes) -> datetime | None:
    try:
        return datetime.fromisoformat(orjson.loads(line)["received_at"])
    except (ValueError, TypeError, KeyError):
        return None


def _is_segment(path: Path) -> bool:
    return path.name.endswith((SUFFIX, PACKED_SUFFIX)) and path.name.split(".")[0].isdigit()
