"""Many callers, one writer thread: those who wait at the same time are stored together."""

import queue
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

from mmbatch_dash.domain.errors import StoreUnavailable
from mmbatch_dash.store.journal.gathering import Gathering
from mmbatch_dash.store.journal.interface import AppendResult
from mmbatch_dash.store.journal.records import Record

GROUP_BYTES = 32 * 1024 * 1024
QUEUE_LIMIT = 512
QUEUE_PATIENCE_SECONDS = 5.0
CLOSED = "The journal is closed; the server is shutting down."

Groups = Sequence[Sequence[Record]]
"""What was appended at the same time, an item an append."""


class _Request:
    """Records on their way to be stored, and what became of them. A bare lock is the cheapest thing to wait for."""

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


class Appending:
    """Hands what many threads append to one, in groups."""

    def __init__(
        self, store: Callable[[Groups], list[AppendResult]], stored: Callable[[], None] = lambda: None
    ) -> None:
        """Begins.

        Args:
            store: stores all of it or, raising, nothing; what became of each append.
            stored: called after the answers were given, to do what nobody waits for.
        """
        self._store, self._stored = store, stored
        self._requests: queue.SimpleQueue[_Request | None] = queue.SimpleQueue()
        self._gathering = Gathering()
        self._closed = threading.Event()
        self._writer = threading.Thread(target=self._write_groups, name="journal-writer", daemon=True)
        self._writer.start()

    def append(self, records: Sequence[Record]) -> AppendResult:
        """What became of the records, once they are stored.

        Raises:
            StoreUnavailable: they were not, or too many are waiting.
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

    def close(self) -> bool:
        """Stores what is waiting, then ends; whether it had not been closed before."""
        if self._closed.is_set():
            return False
        self._closed.set()
        self._requests.put(None)
        self._refuse_waiting()
        return True

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
            results = self._store([request.records for request in group])
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
        for request, result in zip(group, results, strict=True):
            request.answer(result)
        self._stored()
