"""The thread that keeps the tables close behind the journal."""

import logging
import threading
import time
from collections.abc import Callable

from mmbatch_dash.store.fold.fold import Fold
from mmbatch_dash.store.journal import Journal

LOG = logging.getLogger(__name__)

PAUSE_SECONDS = 0.5
"""Rest between batches while little waits: a batch costs a third of a second before its first event, so more in each
leaves more of the core to whoever sends them."""
BACKLOG_BYTES = 16 * 1024 * 1024
"""What waits when there is no rest at all; the rest is shorter the more of this there is."""
RETRY_SECONDS = (1.0, 2.0, 5.0, 15.0, 30.0)


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
        self._behind_since: float | None = None
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
        """For how long something accepted has not been visible; 0 when all of it is."""
        since = self._behind_since
        return 0.0 if since is None or not self.lag_bytes else time.monotonic() - since

    @property
    def runs(self) -> bool:
        """Whether the thread is there to fold."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Begins with what the last run left unfolded."""
        self._behind_since = time.monotonic() if self.lag_bytes else None
        self._news.set()
        self._thread.start()

    def wake(self) -> None:
        """Looks for work at once, as after a change of settings."""
        self._news.set()

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
        del end
        if self._behind_since is None:
            self._behind_since = time.monotonic()
        self._news.set()

    def _run(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            self._news.wait()
            self._news.clear()
            try:
                while not self._stopping.is_set() and self._work():
                    failures, self.problem = 0, None
                    self._behind_since = time.monotonic() if self.lag_bytes else None
                    self.bump()
                    self._stopping.wait(PAUSE_SECONDS * max(0.0, 1 - self.lag_bytes / BACKLOG_BYTES))
            except Exception as error:  # whatever it is, ingest goes on and folding is tried again
                LOG.exception("The fold failed at journal position %d; it will be tried again", self._fold.position)
                self._on_failure(error)
                self.problem = f"{type(error).__name__}: {error}"
                self._stopping.wait(RETRY_SECONDS[min(failures, len(RETRY_SECONDS) - 1)])
                failures += 1
                self._news.set()
