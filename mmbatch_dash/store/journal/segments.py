"""Segment files of the journal: bytes at a global position. Knows nothing of what the lines say."""

import os
from collections.abc import Iterator
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

SEGMENT_BYTES = 64 * 1024 * 1024
SUFFIX = ".ndjson"


class Segments:
    """Append-only files, each named after the global byte position of its first byte.

    One writer at a time; readers need no lock, they never read past `end`.
    """

    def __init__(self, folder: Path, *, segment_bytes: int = SEGMENT_BYTES) -> None:
        """Opens the folder, cuts a line that a killed process left unfinished, and is ready to append."""
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._segment_bytes = segment_bytes
        self._starts = sorted(int(path.stem) for path in folder.glob(f"*{SUFFIX}"))
        if not self._starts:
            self._starts = [0]
            self._path(0).touch()
        self._file = os.open(self._path(self._starts[-1]), os.O_RDWR | os.O_APPEND)
        self._torn = False
        self.end = self._starts[-1] + self._cut_torn_line()
        _sync_folder(folder)

    @property
    def starts(self) -> tuple[int, ...]:
        """Global positions at which the segments begin, in order; the last one is being written."""
        return tuple(self._starts)

    def append(self, data: bytes) -> int:
        """Position of the data after it is durable on disk; on any failure nothing of it remains.

        Raises:
            OSError: the disk is full or failed; the file is cut back to what it held before.
        """
        start = self.end
        length = start - self._starts[-1]
        if self._torn:  # a failed append could not be cut off then; it is now, or not yet
            os.ftruncate(self._file, length)
            self._torn = False
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(self._file, view) :]
            os.fdatasync(self._file)
        except BaseException:
            self._torn = True
            with suppress(OSError):
                os.ftruncate(self._file, length)
                self._torn = False
            raise
        self.end = start + len(data)
        return start

    def is_full(self) -> bool:
        """Whether the next append should go to a new segment."""
        return self.end - self._starts[-1] >= self._segment_bytes

    def rotate(self) -> int:
        """Starts a new segment and gives the start of the one just closed."""
        closed = self._starts[-1]
        file = os.open(self._path(self.end), os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o640)
        os.close(self._file)
        self._file = file
        self._starts.append(self.end)
        _sync_folder(self._folder)
        return closed

    def read(self, position: int, max_bytes: int) -> tuple[bytes, int]:
        """Whole lines from `position` on, of one segment, and the position after them.

        At least one line comes back where there is one, however long it is; b"" at the end.
        """
        if position >= self.end:
            return b"", position
        start, stop = self._bounds(position)
        with self._path(start).open("rb") as file:
            file.seek(position - start)
            data = file.read(min(max_bytes, stop - position))
            if position + len(data) < stop:
                data = data[: data.rfind(b"\n") + 1] or self._one_line(file, position - start)
        return data, position + len(data)

    def read_line(self, position: int) -> bytes:
        """The one line that begins at `position`."""
        start, _ = self._bounds(position)
        with self._path(start).open("rb") as file:
            return self._one_line(file, position - start)

    def read_segment(self, start: int) -> Iterator[bytes]:
        """The lines of the segment that begins at `start`."""
        with self._path(start).open("rb") as file:
            yield from file

    def sidecar(self, start: int, suffix: str) -> Path:
        """Path of a derived file that belongs to the segment at `start`."""
        return self._path(start).with_suffix(suffix)

    def close(self) -> None:
        """Closes the file being written."""
        os.close(self._file)

    def _bounds(self, position: int) -> tuple[int, int]:
        for start, stop in pairwise([*self._starts, self.end]):
            if start <= position < stop:
                return start, stop
        raise ValueError(f"position {position} is not in the journal (its end is {self.end})")

    @staticmethod
    def _one_line(file: object, offset: int) -> bytes:
        file.seek(offset)  # type: ignore[attr-defined]
        line: bytes = file.readline()  # type: ignore[attr-defined]
        return line

    def _cut_torn_line(self) -> int:
        size = os.fstat(self._file).st_size
        keep, window = size, 1 << 20
        while keep > 0:
            begin = max(0, keep - window)
            tail = os.pread(self._file, keep - begin, begin)
            newline = tail.rfind(b"\n")
            if newline >= 0:
                keep = begin + newline + 1
                break
            keep = begin
        if keep < size:
            os.ftruncate(self._file, keep)
            os.fdatasync(self._file)
        return keep

    def _path(self, start: int) -> Path:
        return self._folder / f"{start:020d}{SUFFIX}"


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
