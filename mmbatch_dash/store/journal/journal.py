"""The journal: durable before the answer, one writer thread, many callers sharing one flush to disk."""

import queue
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from mmbatch_dash.domain.errors import StoreUnavailable
from mmbatch_dash.store.journal.damage import MISSING, Damage, DamageBook
from mmbatch_dash.store.journal.format import note_format, read_format
from mmbatch_dash.store.journal.gathering import Gathering
from mmbatch_dash.store.journal.manifest import Manifest
from mmbatch_dash.store.journal.reading import Reader, Stretch
from mmbatch_dash.store.journal.recognition import Recognition
from mmbatch_dash.store.journal.records import Record
from mmbatch_dash.store.journal.segments import SEGMENT_BYTES, Segments
from mmbatch_dash.store.journal.shelf import Shelf

GROUP_BYTES = 32 * 1024 * 1024
QUEUE_LIMIT = 512
QUEUE_PATIENCE_SECONDS = 5.0
CLOSED = "The journal is closed; the server is shutting down."


@dataclass(frozen=True, slots=True)
class AppendResult:
    """What became of the records of one append.

    Attributes:
        accepted: how many are new and on disk.
        duplicates: how many had been accepted before with the same content.
        conflicts: indexes of those whose identity had been accepted with other content; not stored.
        end: journal position after the append; what is folded up to here shows all of it.
    """

    accepted: int
    duplicates: int
    conflicts: tuple[int, ...]
    end: int


class _Request:
    """Records on their way to the disk, and what became of them. A bare lock is the cheapest thing to wait for."""

    __slots__ = ("_answered", "_error", "_result", "records", "size")

    def __init__(self, records: Sequence[Record]) -> None:
        self.records = records
        self.size = sum([len(record[2]) for record in records])
        self._answered = threading.Lock()
        self._answered.acquire()
        self._result: AppendResult | None = None
        self._error: BaseException | None = None

    def answer(self, result: AppendResult) -> None:
        self._result = result
        self._answered.release()

    def refuse(self, error: BaseException) -> None:
        self._error = error
        self._answered.release()

    def wait(self) -> AppendResult:
        self._answered.acquire()
        if self._result is None:
            raise self._error or StoreUnavailable(CLOSED)
        return self._result


class Journal:
    """What was accepted, in order. Thread-safe.

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
        self._requests: queue.SimpleQueue[_Request | None] = queue.SimpleQueue()
        self._gathering = Gathering()
        self._closed = threading.Event()
        self.on_append: Callable[[int], None] = lambda end: None
        self._writer = threading.Thread(target=self._write_groups, name="journal-writer", daemon=True)
        self._writer.start()

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
        if self._closed.is_set():
            raise StoreUnavailable(CLOSED)
        if self._requests.qsize() >= QUEUE_LIMIT:
            self._wait_for_room()
        request = _Request(records)
        self._requests.put(request)
        if self._closed.is_set():  # perhaps it came after the last one the writer took
            self._refuse_waiting()
        return request.wait()

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

    def obstacle(self) -> str | None:
        """Why nothing can be accepted now, or None."""
        try:
            self._segments.check_there()
        except OSError as error:
            return str(error.strerror)
        return self._shortage()

    def close(self) -> None:
        """Writes what is waiting, then closes; closing again does nothing."""
        if self._closed.is_set():
            return
        self._closed.set()
        self._requests.put(None)
        self._refuse_waiting()
        self._segments.close()

    def _wait_for_room(self) -> None:
        give_up_at = time.monotonic() + QUEUE_PATIENCE_SECONDS
        while self._requests.qsize() >= QUEUE_LIMIT:
            if time.monotonic() >= give_up_at:
                raise StoreUnavailable("Too many appends are waiting for the disk; try again shortly.")
            time.sleep(0.01)

    def _refuse_waiting(self) -> None:
        self._writer.join()
        with suppress(queue.Empty):
            while True:
                if request := self._requests.get_nowait():
                    request.refuse(StoreUnavailable(CLOSED))

    def _write_groups(self) -> None:
        stop = False
        while not stop and (first := self._requests.get()) is not None:
            group, size = [first], first.size

            def take(request: _Request | None) -> bool:
                nonlocal size, stop
                if request is None:
                    stop = True
                    return False
                group.append(request)  # noqa: B023 - called while this group is made
                size += request.size
                return size < GROUP_BYTES

            with suppress(queue.Empty):
                while size < GROUP_BYTES and take(self._requests.get_nowait()):
                    pass
            if not stop:
                self._gathering.wait(lambda left: self._requests.get(timeout=left), take, len(group), size)
            self._write_group(group)

    def _write_group(self, group: list[_Request]) -> None:
        try:
            now = self._clock()
            lines: list[bytes] = []
            seen: dict[int, int] = {}
            asked = [key for request in group for id_, _, _, event in request.records for key in (id_, event) if key]
            known = self._recognition.digests_of(asked)
            verdicts = [_sort_out(request.records, known, lines, seen) for request in group]
            if lines:
                if reason := self._shortage():
                    raise StoreUnavailable(reason)
                self._segments.append(b"".join(lines))
                self._recognition.remember(seen, now)
        except OSError as error:
            problem = StoreUnavailable(
                f"The journal could not be written: {error.strerror or error}. Nothing was stored."
            )
            for request in group:
                request.refuse(problem)
            return
        except BaseException as error:  # noqa: BLE001 - a waiting caller must never hang on a fault of ours
            for request in group:
                request.refuse(error)
            return
        end = self._segments.end
        for request, (accepted, duplicates, conflicts) in zip(group, verdicts, strict=True):
            request.answer(AppendResult(accepted, duplicates, tuple(conflicts), end))
        if lines:
            self.on_append(end)
            self._rotate_when_full(now)

    def _rotate_when_full(self, now: datetime) -> None:
        # After the answers: what is on disk stays accepted even if there is no room for a new file yet.
        if self._segments.is_full():
            with suppress(OSError):
                self._recognition.close_segment(self._segments.rotate(), now)


def _sort_out(
    records: Sequence[Record], known: dict[int, int], lines: list[bytes], seen: dict[int, int]
) -> tuple[int, int, list[int]]:
    """How many are new and how many repeats, and which are conflicts.

    Appends the lines of new records to `lines` and their identities to `seen`, which both hold those of the records
    before; `known` holds what was accepted earlier. What another told before with the same content is a repeat to
    whoever tells it now, and is written all the same, in case the other's word is given up one day.
    """
    accepted, duplicates, conflicts = 0, 0, []
    for index, (identity, digest, line, event) in enumerate(records):
        earlier = (known.get(identity) or seen.get(identity)) if identity else None
        if earlier is None:
            lines.append(line)
            if event and (known.get(event) or seen.get(event)) == digest:
                duplicates += 1
            else:
                accepted += 1
            if identity:
                seen[identity] = digest
            if event:
                seen.setdefault(event, digest)
        elif earlier == digest:
            duplicates += 1
        else:
            conflicts.append(index)
    return accepted, duplicates, conflicts
