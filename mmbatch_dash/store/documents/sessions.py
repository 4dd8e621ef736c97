"""Where sessions are kept that several servers share. Knows no keys of browsers and nothing of what is sealed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A session.

    Attributes:
        id: a digest of the key that the browser holds.
        name: of the user.
        kind: local or cognito.
        role: admin or reader.
        stamp: of the local user, or of the user pool's settings, at sign-in.
        began_at: sign-in.
        seen_at: last thing the person did, to about half a minute.
        sealed: tokens of the user pool, encrypted; None without.
    """

    id: bytes
    name: str
    kind: str
    role: str
    stamp: str
    began_at: datetime
    seen_at: datetime
    sealed: bytes | None


class SessionTable(Protocol):
    """The rows. Every method raises StoreUnavailable where they cannot be asked."""

    def add(self, row: SessionRow, *, over: tuple[datetime, datetime], most: int) -> None:
        """Adds a session, and removes those that are over.

        Args:
            row: the session.
            over: those last seen before the one, or begun before the other.
            most: beyond so many the one silent longest goes.
        """

    def find(self, session_id: bytes) -> SessionRow | None:
        """The session of that id; None where it was ended."""

    def touch(self, session_id: bytes, seen_at: datetime) -> None:
        """Notes that the person did something."""

    def renew(self, session_id: bytes, role: str, sealed: bytes | None) -> None:
        """Puts what the user pool says now in the place of what it said before."""

    def end(self, session_id: bytes) -> None:
        """Removes a session; nothing if it is gone already."""

    def end_all_of(self, name: str, kind: str) -> int:
        """Removes every session of a user; how many there were."""
