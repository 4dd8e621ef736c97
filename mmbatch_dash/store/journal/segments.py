"""Writing segment files: bytes at a global position, durable or not there. Knows nothing of what the lines say."""

import os
from contextlib import suppress
from pathlib import Path

from mmbatch_dash.store.journal.format import AcknowledgedNote
from mmbatch_dash.store.journal.shelf import Shelf

SEGMENT_BYTES = 64 * 1024 * 1024
GONE = (
    "The journal's file {path} is no longer where this server opened it: the data directory was removed, moved or "
    "unmounted. Nothing is accepted until it is back; then restart the server."
)


class Segments(Shelf):
    """Append-only files.

    One writer at a time; readers need no lock, they never read past `end`.
    """

    def __init__(self, folder: Path, *, segment_bytes: int = SEGMENT_BYTES, at_least: int = 0) -> None:
        """Opens the folder and is ready to append.

        A line that a killed process left unfinished is cut off. What was acknowledged is not: where it is gone or
        damaged, a new segment begins after it, and the place in between is left for readers to find.

        Args:
            folder: of the journal; made if it is not there.
            segment_bytes: size at which a segment is full.
            at_least: position up to which the journal is known to have reached.
        """
        folder.mkdir(parents=True, exist_ok=True)
        super().__init__(folder, end=0)
        self._segment_bytes = segment_bytes
        self._note = AcknowledgedNote(folder)
        self._torn = False
        self._file = -1
        acknowledged = max(self._note.read(), at_least)
        if not self._starts or not self.plain(self._starts[-1]).exists():
            # None at all, or the last one is compressed, which only one that another follows is.
            self._begin(max(self._reach(), acknowledged))
        else:
            self._open(self._starts[-1])
            whole = self._starts[-1] + self._whole_lines()
            if whole < acknowledged:
                self._begin(acknowledged)
            else:
                self.end = whole
                self._cut(whole - self._starts[-1])
        _sync_folder(folder)

    def append(self, data: bytes) -> int:
        """Position of the data after it is durable on disk; on any failure nothing of it remains.

        Raises:
            OSError: the disk is full or failed, or the file is gone; it is cut back to what it held before.
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
            self.check_there()
        except BaseException:
            self._torn = True
            with suppress(OSError):
                os.ftruncate(self._file, length)
                self._torn = False
            raise
        self.end = start + len(data)
        self._note.write(self.end)
        return start

    def check_there(self) -> None:
        """Nothing, where the file being written is still the one in the folder.

        Raises:
            OSError: it is gone, and what is written to it would be gone too.
        """
        path = self.plain(self._starts[-1])
        mine = os.fstat(self._file)
        try:
            there = path.stat()
        except OSError:
            there = None
        if there is None or (there.st_ino, there.st_dev) != (mine.st_ino, mine.st_dev):
            raise FileNotFoundError(None, GONE.format(path=path))

    def is_full(self) -> bool:
        """Whether the next append should go to a new segment."""
        return self.end - self._starts[-1] >= self._segment_bytes

    def rotate(self) -> int:
        """Starts a new segment and gives the start of the one just closed."""
        closed = self._starts[-1]
        self._begin(self.end)
        _sync_folder(self._folder)
        return closed

    def move_end(self, position: int) -> None:
        """Goes on at a position further on: what lies in between is lost, and nothing new takes its place."""
        self._begin(position)
        self._note.write(position)
        _sync_folder(self._folder)

    def close(self) -> None:
        """Closes the file being written."""
        os.close(self._file)
        self._note.close()

    def _begin(self, position: int) -> None:
        self._open(position)
        self.end = position
        if not self._starts or self._starts[-1] != position:
            self._starts.append(position)

    def _open(self, start: int) -> None:
        file = os.open(self.plain(start), os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        if self._file >= 0:
            os.close(self._file)
        self._file = file

    def _whole_lines(self) -> int:
        """Length of the file without the line that a killed process left unfinished."""
        keep, window = os.fstat(self._file).st_size, 1 << 20
        while keep > 0:
            begin = max(0, keep - window)
            newline = os.pread(self._file, keep - begin, begin).rfind(b"\n")
            if newline >= 0:
                return begin + newline + 1
            keep = begin
        return 0

    def _cut(self, length: int) -> None:
        if os.fstat(self._file).st_size > length:
            os.ftruncate(self._file, length)
            os.fdatasync(self._file)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
