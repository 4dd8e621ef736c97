"""The thread that keeps the tables close behind the journal."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable

from mmbatch_dash.store.fold.fold import Fold
from mmbatch_dash.store.journal import Journal

LOG = logging.getLogger(__name__)

PAUSE_FACTOR = 7.0
"""Rest after a batch, in times of what it took: what it costs before its first event is spent once for more events,
and who sends them keeps the core. What comes after the rest is over is folded at once."""
MOST_PAUSE_SECONDS = 0.75
"""The longest rest, so that what is accepted is visible within a second."""
BACKLOG_BYTES = 16 * 1024 * 1024
"""What waits when there is no rest at all; the rest is shorter the more of this there is."""
MARK_SECONDS = 0.05
"""Appends closer to each other than this are taken for one when the lag is told."""
RETRY_SECONDS = (1.0, 2.0, 5.0, 15.0, 30.0)


def pause_after(batch_seconds: float, lag_bytes: int) -> float:
    """Seconds to rest after a batch.

    Args:
        batch_seconds: how long it took.
        lag_bytes: what waits already.
    """
    return min(PAUSE_FACTOR * batch_seconds, MOST_PAUSE_SECONDS) * max(0.0, 1 - lag_bytes / BACKLOG_BYTES)


class FoldWorker:
    """Folds soon after each append, in its own thread.

    Attributes:
        version: grows with every batch that changed the tables.
        problem: why folding is stuck, or None; it is tried again by itself.
    """

    def __init__(
        self, fold: Fold, journal: Journal, on_failure: Callable[[Exception], None] = lambda error: None
    ) -> None:
        self._fold = fold
        self._journal = journal
        self._on_failure = on_failure
        self._news = threading.Event()
        self._progress = threading.Condition()
        self._stopping = threading.Event()
        # Where an append began and when it was heard of, ascending: the first is the oldest that is not folded.
        self._appended: deque[tuple[int, float]] = deque()
        self._heard_end = journal.end
        self._marking = threading.Lock()
        self.version = 0
        self.problem: str | None = None
        self._thread = threading.Thread(target=self._run, name="fold", daemon=True)
        journal.on_append = self._hear

    @property
    def lag_bytes(self) -> int:
        """Journal bytes that the tables do not show yet."""
        return self._journal.end - self._fold.position

    @property
    def lag_seconds(self) -> float:
        """For how long the oldest of what is accepted and not visible has been so; 0 when all of it is.

        What an earlier run left unfolded counts from this one's start.
        """
        if not self.lag_bytes:
            return 0.0
        try:
            return time.monotonic() - self._appended[0][1]
        except IndexError:  # it was appended this moment
            return 0.0

    @property
    def runs(self) -> bool:
        """Whether the thread is there to fold."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Begins with what the last run left unfolded."""
        self.fall_behind()
        self._thread.start()

    def wake(self) -> None:
        """Looks for work at once, as after a change of settings."""
        self._news.set()

    def fall_behind(self) -> None:
        """Goes on with tables that were put in the place of others and stand further back."""
        if self.lag_bytes:
            with self._marking:
                self._appended.appendleft((self._fold.position, time.monotonic()))
        self.wake()

    def wait_for(self, position: int, timeout_seconds: float) -> bool:
        """Whether the tables show the journal up to `position`, waiting for it if need be."""
        with self._progress:
            return self._progress.wait_for(lambda: self._fold.position >= position, timeout_seconds)

    def bump(self) -> None:
        """Says that the tables changed by another hand, as after a change of settings."""
        with self._progress:
            self.version += 1
            self._progress.notify_all()

    def stop(self) -> None:
        """Finishes the batch under way and ends."""
        self._stopping.set()
        self._news.set()
        if self._thread.is_alive():
            self._thread.join()

    def _work(self) -> bool:
        """Folds a batch, and between batches lets a chunk of waiting jobs have its turn; whether there was any."""
        folded = self._fold.fold_batch()
        waited = self.lag_bytes < BACKLOG_BYTES and self._fold.catch_up()
        return folded or waited

    def _hear(self, end: int) -> None:
        now = time.monotonic()
        with self._marking:
            begin, self._heard_end = self._heard_end, end
            if not self._appended or now - self._appended[-1][1] > MARK_SECONDS:
                self._appended.append((begin, now))
        self._news.set()

    def _note_folded(self) -> None:
        """Drops the appends all of which is folded."""
        position = self._fold.position
        with self._marking:
            while len(self._appended) > 1 and self._appended[1][0] <= position:
                self._appended.popleft()
            if self._heard_end <= position:
                self._appended.clear()

    def _run(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            self._news.wait()
            self._news.clear()
            try:
                began_at = time.monotonic()
                while not self._stopping.is_set() and self._work():
                    failures, self.problem = 0, None
                    self._note_folded()
                    self.bump()
                    self._stopping.wait(pause_after(time.monotonic() - began_at, self.lag_bytes))
                    began_at = time.monotonic()
            except Exception as error:  # whatever it is, ingest goes on and folding is tried again
                LOG.exception("The fold failed at journal position %d; it will be tried again", self._fold.position)
                self._on_failure(error)
                self.problem = f"{type(error).__name__}: {error}"
                self._stopping.wait(RETRY_SECONDS[min(failures, len(RETRY_SECONDS) - 1)])
                failures += 1
                self._news.set()
