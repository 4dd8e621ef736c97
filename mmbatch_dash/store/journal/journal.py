"""The journal: durable before the answer, one writer thread, many callers sharing one flush to disk."""

import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from mmbatch_dash.domain.errors import StoreUnavailable
from mmbatch_dash.store.journal.recognition import Recognition
from mmbatch_dash.store.journal.records import Record
from mmbatch_dash.store.journal.segments import SEGMENT_BYTES, Segments

GROUP_BYTES = 32 * 1024 * 1024
QUEUE_LIMIT = 512
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


@dataclass(slots=True)
class _Request:
    records: Sequence[Record]
    answer: "Future[AppendResult]" = field(default_factory=Future)


class Journal:
    """What was accepted, in order. Thread-safe.

    Attributes:
        on_append: called by the writer thread after each flush with the new end.
    """

    def __init__(
        self,
        folder: Path,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        segment_bytes: int = SEGMENT_BYTES,
    ) -> None:
        self._segments = Segments(folder, segment_bytes=segment_bytes)
        self._clock = clock
        self._recognition = Recognition(self._segments, clock())
        self._requests: queue.Queue[_Request | None] = queue.Queue(QUEUE_LIMIT)
        self._closed = threading.Event()
        self.on_append: Callable[[int], None] = lambda end: None
        self._writer = threading.Thread(target=self._write_groups, name="journal-writer", daemon=True)
        self._writer.start()

    @property
    def end(self) -> int:
        """Position after the last durable line."""
        return self._segments.end

    def append(self, records: Sequence[Record]) -> AppendResult:
        """What became of the records, once those that are new are on disk. All or nothing.

        Raises:
            StoreUnavailable: the disk did not take them, or too many are waiting; nothing was stored.
        """
        if self._closed.is_set():
            raise StoreUnavailable(CLOSED)
        request = _Request(records)
        try:
            self._requests.put(request, timeout=5)
        except queue.Full:
            raise StoreUnavailable("Too many appends are waiting for the disk; try again shortly.") from None
        if self._closed.is_set():  # perhaps it came after the last one the writer took
            self._refuse_waiting()
        return request.answer.result()

    def read(self, position: int, max_bytes: int) -> tuple[bytes, int]:
        """Whole lines from `position` on, and the position after them; b"" at the end."""
        return self._segments.read(position, max_bytes)

    def read_line(self, position: int) -> bytes:
        """The line that begins at `position`."""
        return self._segments.read_line(position)

    def close(self) -> None:
        """Writes what is waiting, then closes; closing again does nothing."""
        if self._closed.is_set():
            return
        self._closed.set()
        self._requests.put(None)
        self._refuse_waiting()
        self._segments.close()

    def _refuse_waiting(self) -> None:
        self._writer.join()
        with suppress(queue.Empty):
            while True:
                if request := self._requests.get_nowait():
                    request.answer.set_exception(StoreUnavailable(CLOSED))

    def _write_groups(self) -> None:
        while (first := self._requests.get()) is not None:
            group, size, stop = [first], sum(len(r.line) for r in first.records), False
            while size < GROUP_BYTES:
                try:
                    request = self._requests.get_nowait()
                except queue.Empty:
                    break
                if request is None:
                    stop = True
                    break
                group.append(request)
                size += sum(len(r.line) for r in request.records)
            self._write_group(group)
            if stop:
                return

    def _write_group(self, group: list[_Request]) -> None:
        try:
            now = self._clock()
            lines: list[bytes] = []
            seen: dict[int, int] = {}
            verdicts = [self._sort_out(request.records, lines, seen) for request in group]
            if lines:
                self._segments.append(b"".join(lines))
                self._recognition.remember(seen, now)
        except OSError as error:
            problem = StoreUnavailable(
                f"The journal could not be written: {error.strerror or error}. Nothing was stored."
            )
            for request in group:
                request.answer.set_exception(problem)
            return
        except BaseException as error:  # noqa: BLE001 - a waiting caller must never hang on a fault of ours
            for request in group:
                request.answer.set_exception(error)
            return
        end = self._segments.end
        for request, (accepted, duplicates, conflicts) in zip(group, verdicts, strict=True):
            request.answer.set_result(AppendResult(accepted, duplicates, tuple(conflicts), end))
        if lines:
            self.on_append(end)
            self._rotate_when_full(now)

    def _rotate_when_full(self, now: datetime) -> None:
        # After the answers: what is on disk stays accepted even if there is no room for a new file yet.
        if self._segments.is_full():
            with suppress(OSError):
                self._recognition.close_segment(self._segments.rotate(), now)

    def _sort_out(
        self, records: Sequence[Record], lines: list[bytes], seen: dict[int, int]
    ) -> tuple[int, int, list[int]]:
        """Appends the lines of new records to `lines` and their identities to `seen`."""
        known = self._recognition.digests_of([record.identity for record in records if record.identity])
        accepted, duplicates, conflicts = 0, 0, []
        for index, (identity, digest, line) in enumerate(records):
            earlier = (known.get(identity) or seen.get(identity)) if identity else None
            if earlier is None:
                lines.append(line)
                accepted += 1
                if identity:
                    seen[identity] = digest
            elif earlier == digest:
                duplicates += 1
            else:
                conflicts.append(index)
        return accepted, duplicates, conflicts
