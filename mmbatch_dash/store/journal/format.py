"""The version of the journal's form, and from where on its lines carry checksums."""

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import orjson

from mmbatch_dash.domain.errors import StoreUnavailable

FILE = "format.json"
VERSION = 2
"""1 is the form of version 0.1, which had no such file: plain segments whose lines have no checksum."""


@dataclass(frozen=True, slots=True)
class Format:
    """The form of a journal.

    Attributes:
        version: of its files.
        sealed_from: position from which on every line has a checksum; those before may have none.
    """

    version: int
    sealed_from: int


def read_format(folder: Path) -> Format | None:
    """The form noted down; None where there is no note that can be read, as in a folder of version 0.1.

    Raises:
        StoreUnavailable: a newer program wrote it.
    """
    try:
        told = orjson.loads((folder / FILE).read_bytes())
        found = Format(int(told["version"]), int(told["sealed_from"]))
    except (OSError, ValueError, TypeError, KeyError):
        return None
    if found.version > VERSION:
        raise StoreUnavailable(
            f"The journal in {folder} has format {found.version}, and this program knows {VERSION} at most: "
            "a newer mmbatch_dash wrote it. Start that one, or restore a backup made before the upgrade."
        )
    return found


def note_format(folder: Path, sealed_from: int) -> Format:
    """Notes down this program's form."""
    made = Format(VERSION, sealed_from)
    temporary = folder / f"{FILE}.tmp"
    with temporary.open("wb") as file:
        file.write(orjson.dumps({"version": made.version, "sealed_from": made.sealed_from}))
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(folder / FILE)
    return made


class AcknowledgedNote:
    """How far the journal was acknowledged: a cut end is told from a torn one by it.

    Written after every flush but not flushed itself: it may be behind after a power failure, never ahead.
    """

    FILE = "acknowledged"

    def __init__(self, folder: Path) -> None:
        self._path = folder / self.FILE
        self._handle: int | None = None

    def read(self) -> int:
        """The position noted; 0 where there is none."""
        with suppress(OSError, ValueError):
            return int(self._path.read_bytes())
        return 0

    def write(self, position: int) -> None:
        """Notes a position; a disk that does not take it costs only the note."""
        with suppress(OSError):
            if self._handle is None:
                self._handle = os.open(self._path, os.O_WRONLY | os.O_CREAT, 0o600)
            os.pwrite(self._handle, b"%020d\n" % position, 0)

    def close(self) -> None:
        """Closes the file."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None
