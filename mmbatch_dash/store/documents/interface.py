"""What every place of documents offers: read, swap if unchanged, tell of changes, append. Knows no place."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from mmbatch_dash.domain.errors import StoreUnavailable
from mmbatch_dash.store.documents.sessions import SessionTable


class Outdated(StoreUnavailable):
    """A document was changed since it was read; nothing was written, and it is to be read again."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A document as it was at one moment.

    Attributes:
        content: all of it.
        version: another one after each change; says nothing else.
    """

    content: bytes
    version: str


@dataclass(frozen=True, slots=True)
class Room:
    """How much room a log may take.

    Attributes:
        size_mb: of one part.
        backups: older parts that are kept.
    """

    size_mb: int = 50
    backups: int = 10


def version_of(kept: Kept | None) -> str | None:
    """The version a change is made from; None where there was nothing."""
    return None if kept is None else kept.version


class Log(Protocol):
    """Lines that are appended and never changed; the oldest go once they take more than their room."""

    def append(self, line: str, room: Room) -> None:
        """Adds a line, whole, also beside other processes.

        Raises:
            OSError: it cannot be written.
            StoreUnavailable: likewise.
        """

    def lines(self) -> Iterator[str]:
        """All lines, oldest first. What a crash cut short is among them."""

    def newest(self, most: int) -> list[str]:
        """The newest lines, oldest of them first."""


class Documents(Protocol):
    """All documents of an installation. Safe for threads and beside other processes.

    Attributes:
        look_seconds: after how long a reader asks for the version again, though nobody told it of a change.
        sessions: where people's sessions are kept; None where the only server keeps them in memory.
    """

    look_seconds: float
    sessions: SessionTable | None

    def changes(self) -> int | None:
        """Another number once a document was changed; None where nobody counts. Each request may ask it."""

    def look(self) -> None:
        """Makes sure that changes are counted. To be called now and then."""

    def version(self, name: str) -> str | None:
        """The version of a document; None where there is none. Cheaper than reading it.

        Raises:
            StoreUnavailable: it cannot be told.
        """

    def read(self, name: str) -> Kept | None:
        """A document; None where there is none.

        Raises:
            StoreUnavailable: it cannot be read, which is never taken for there being none.
        """

    def write(self, name: str, content: bytes, expected: str | None) -> str:
        """Puts a document in the place of the version it was made from, durably; its new version.

        Args:
            name: as "secrets/users.json".
            content: all of it.
            expected: the version that was read; None where there was none.

        Raises:
            Outdated: it is another version by now.
            StoreUnavailable: it cannot be written; nothing was changed.
        """

    def history(self, name: str) -> list[bytes] | None:
        """Every version of a document that there was, oldest first; None where the place keeps none."""

    def place(self, name: str) -> str:
        """Where a document lies, for people."""

    def log(self, name: str) -> Log:
        """The log of that name."""

    def close(self) -> None:
        """Gives up what is held open; again, nothing."""


def put(documents: Documents, name: str, content: bytes) -> str:
    """Writes a document over whatever is there; its new version.

    Raises:
        StoreUnavailable: it cannot be written; nothing was changed.
    """
    while True:
        with suppress(Outdated):
            return documents.write(name, content, documents.version(name))
