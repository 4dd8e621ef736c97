"""The journal of one machine: durable in its files before the answer, many callers sharing one flush to disk."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from mmbatch_dash.domain.errors import StoreUnavailable
from mmbatch_dash.store.journal.appending import Appending, Groups
from mmbatch_dash.store.journal.damage import MISSING, Damage, DamageBook
from mmbatch_dash.store.journal.format import note_format, read_format
from mmbatch_dash.store.journal.interface import AppendResult
from mmbatch_dash.store.journal.manifest import Manifest
from mmbatch_dash.store.journal.reading import Reader, Stretch
from mmbatch_dash.store.journal.recognition import Recognition
from mmbatch_dash.store.journal.records import Record
from mmbatch_dash.store.journal.segments import SEGMENT_BYTES, Segments
from mmbatch_dash.store.journal.shelf import Shelf
from mmbatch_dash.store.journal.sorting import Sorted


class FileJournal:
    """A journal in segment files of one machine. Thread-safe.

    Attributes:
        on_append: called by the writer thread after each flush with the new end.
        damage: what of it was found damaged.
        manifest: the closed segments, by length and digest.
    """

    def __init__(
        self,
        folder: Path,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        segment_bytes: int = SEGMENT_BYTES,
        shortage: Callable[[], str | None] = lambda: None,
    ) -> None:
        """Opens the folder, or makes it.

        Args:
            folder: where it is.
            clock: what time it is.
            segment_bytes: size at which a segment is full.
            shortage: says why nothing may be written now, or None.

        Raises:
            StoreUnavailable: a newer program wrote it, or it cannot be opened.
        """
        self._folder = folder
        known = read_format(folder)
        try:
            self.manifest = Manifest(folder)
            self._segments = Segments(folder, segment_bytes=segment_bytes, at_least=self.manifest.end)
            self.form = known or note_format(folder, self._segments.end)
        except OSError as error:
            raise StoreUnavailable(
                f"The journal in {folder} cannot be opened for writing: {error.strerror or error}. "
                "It must be a folder that this user may write."
            ) from None
        self.damage = DamageBook(folder)
        self._reader = Reader(self._segments, self.damage, self.form.sealed_from)
        self._clock = clock
        self._shortage = shortage
        self._recognition = Recognition(self._segments, clock())
        self._news: datetime | None = None
        self.on_append: Callable[[int], None] = lambda end: None
        self._appending = Appending(self._store, self._tell)

    @property
    def end(self) -> int:
        """Position after the last durable line."""
        return self._segments.end

    @property
    def shelf(self) -> Shelf:
        """The segment files."""
        return self._segments

    def append(self, records: Sequence[Record]) -> AppendResult:
        """What became of the records, once those that are new are on disk. All or nothing.

        Raises:
            StoreUnavailable: the disk did not take them, or too many are waiting; nothing was stored.
        """
        return self._appending.append(records)

    def read(self, position: int, max_bytes: int) -> Stretch:
        """Whole lines from `position` on; without data, and with `position` as its end, at the journal's end."""
        return self._reader.read(position, max_bytes)

    def read_line(self, position: int) -> bytes | None:
        """The line that begins at `position`; None where it is damaged or missing."""
        return self._reader.read_line(position)

    def go_on_from(self, position: int) -> None:
        """Goes on at a position beyond the end, up to which the journal was once folded and has lost its lines.

        Nothing new takes the place of what is lost: it is noted as damage. To be called before anything is appended.

        Raises:
            OSError: the disk did not take the new segment.
        """
        lost = position - self._segments.end
        if lost > 0:
            begin = self._segments.end
            self._segments.move_end(position)
            self.damage.note(Damage(self._segments.name(begin), begin, lost, None, MISSING))

    def last_append_at(self) -> datetime | None:
        """When something was last appended, also before this start; None if nothing ever was."""
        written = [path.stat().st_mtime for path in self._folder.iterdir()] if self.end else []
        return datetime.fromtimestamp(max(written), UTC) if written else None

    def obstacle(self) -> str | None:
        """Why nothing can be accepted now, or None."""
        try:
            self._segments.check_there()
        except OSError as error:
            return str(error.strerror)
        return self._shortage()

    def close(self) -> None:
        """Writes what is waiting, then closes; closing again does nothing."""
        if self._appending.close():
            self._segments.close()

    def _store(self, groups: Groups) -> list[AppendResult]:
        now = self._clock()
        asked = [key for records in groups for id_, _, _, event in records for key in (id_, event) if key]
        found = Sorted(groups, self._recognition.digests_of(asked))
        self._news = now if found.lines else None
        if found.lines:
            if reason := self._shortage():
                raise StoreUnavailable(reason)
            self._segments.append(b"".join(found.lines))
            self._recognition.remember(found.seen, now)
        return found.results(self._segments.end)

    def _tell(self) -> None:
        # After the answers: what is on disk stays accepted even if there is no room for a new file yet.
        if self._news is None:
            return
        self.on_append(self._segments.end)
        if self._segments.is_full():
            with suppress(OSError):
                self._recognition.close_segment(self._segments.rotate(), self._news)
