"""A count of changes in memory that all processes of a folder share: who reads a file asks it instead of the disk."""

import mmap
import os
from pathlib import Path

NAME = "changes"
_SIZE = 8
_PRIVATE_FILE = 0o600


class ChangeCount:
    """How often files of a folder were changed. Reading it is no system call, so that each request can.

    It tells of those who count only: a hand that edits a file does not, so the file itself has to be looked at too.
    """

    def __init__(self, folder: Path) -> None:
        """The count of a folder, which may not be there yet."""
        self._path = folder / NAME
        self._shared: memoryview | None = None
        self._inode = 0

    def now(self) -> int | None:
        """The count; None where there is none to be had, and the disk must be asked each time."""
        return None if self._shared is None else self._shared[0]

    def look(self) -> None:
        """Opens the count, anew if the folder was replaced. To be called now and then."""
        try:
            if self._shared is None or self._path.stat().st_ino != self._inode:
                self._open()
        except OSError:
            self._shared = None

    def add(self) -> None:
        """Counts a change, once it is on disk. Changes are made one at a time."""
        self.look()
        if self._shared is not None:
            self._shared[0] = (self._shared[0] + 1) % 2**64

    def _open(self) -> None:
        self._shared = None
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT, _PRIVATE_FILE)
        try:
            status = os.fstat(handle)
            if status.st_size < _SIZE:
                os.ftruncate(handle, _SIZE)
            self._inode = status.st_ino
            self._shared = memoryview(mmap.mmap(handle, _SIZE)).cast("Q")
        finally:
            os.close(handle)
