"""A log in a file, appended to; full files are numbered, the oldest go."""

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from mmbatch_dash.store.documents.interface import Room

MIB = 1024 * 1024


class FileLog:
    """The files of a log. Appends are whole lines, also beside other processes."""

    def __init__(self, path: Path) -> None:
        """Args: path: of the file that is appended to; it need not be there yet."""
        self.path = path

    def append(self, line: str, room: Room) -> None:
        """Adds a line; a file that is full is numbered."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(handle, f"{line}\n".encode())
            size = os.fstat(handle).st_size
        finally:
            os.close(handle)
        if size >= room.size_mb * MIB:
            self._rotate(room)

    def files(self) -> list[Path]:
        """The files that are there, oldest first."""
        numbered = [path for path in self.path.parent.glob(f"{self.path.name}.*") if path.suffix[1:].isdigit()]
        older = sorted(numbered, key=lambda path: int(path.suffix[1:]), reverse=True)
        return [*older, self.path] if self.path.exists() else older

    def lines(self) -> Iterator[str]:
        """All lines, oldest first."""
        for path in self.files():
            try:
                with path.open(encoding="utf-8") as lines:
                    yield from lines
            except FileNotFoundError:
                continue  # it was numbered anew, or was the oldest, meanwhile

    def newest(self, most: int) -> list[str]:
        """The newest lines, oldest of them first."""
        newest: list[str] = []
        for path in reversed(self.files()):
            with path.open(encoding="utf-8") as lines:
                newest = [*list(lines)[-most:], *newest]
            if len(newest) >= most:
                break
        return newest[-most:]

    def _rotate(self, room: Room) -> None:
        lock = os.open(self.path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if self.path.stat().st_size < room.size_mb * MIB:
                return  # another process was first
            for path in self.files()[:-1]:
                number = int(path.suffix[1:])
                if number >= room.backups:
                    path.unlink(missing_ok=True)
                else:
                    path.rename(self._numbered(number + 1))
            self.path.rename(self._numbered(1))
        finally:
            os.close(lock)

    def _numbered(self, number: int) -> Path:
        return self.path.with_name(f"{self.path.name}.{number}")
