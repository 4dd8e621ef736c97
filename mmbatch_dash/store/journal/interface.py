"""What a journal promises, wherever it is kept. One set of tests holds every journal to it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from mmbatch_dash.store.journal.damage import DamageBook
from mmbatch_dash.store.journal.reading import Stretch
from mmbatch_dash.store.journal.records import Record


@dataclass(frozen=True, slots=True)
class AppendResult:
    """What became of the records of one append.

    Attributes:
        accepted: how many are new and durable.
        duplicates: how many had been accepted before with the same content.
        conflicts: indexes of those whose identity had been accepted with other content; not stored.
        end: journal position after the append; what is folded up to here shows all of it.
    """

    accepted: int
    duplicates: int
    conflicts: tuple[int, ...]
    end: int


class Journal(Protocol):
    """What was accepted, in order. Thread-safe.

    A position counts the bytes of all lines before it; a line keeps its position for ever.

    Attributes:
        on_append: called after each append with the new end, by one thread at a time.
        damage: what of it was found damaged.
    """

    on_append: Callable[[int], None]
    damage: DamageBook

    @property
    def end(self) -> int:
        """Position after the last durable line."""

    def append(self, records: Sequence[Record]) -> AppendResult:
        """What became of the records, once those that are new are durable. All or nothing.

        Raises:
            StoreUnavailable: they could not be stored now, or too many are waiting.
        """

    def read(self, position: int, max_bytes: int) -> Stretch:
        """Whole lines from `position` on; without data, and with `position` as its end, at the journal's end."""

    def read_line(self, position: int) -> bytes | None:
        """The line that begins at `position`; None where it is damaged or missing."""

    def go_on_from(self, position: int) -> None:
        """Goes on at a position beyond the end, up to which the journal was once folded and has lost its lines.

        Raises:
            StoreUnavailable: it cannot, with what to do.
        """

    def last_append_at(self) -> datetime | None:
        """When something was last appended, also before this start and by whichever server; None if nothing ever was.

        Raises:
            StoreUnavailable: it cannot be told now.
        """

    def obstacle(self) -> str | None:
        """Why nothing can be accepted now, or None."""

    def close(self) -> None:
        """Stores what is waiting, then closes; closing again does nothing."""
