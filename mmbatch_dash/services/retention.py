"""Keeping jobs and events as long as the configuration says, while the server runs."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from mmbatch_dash.domain.config.retention import Retention
from mmbatch_dash.store.fold import Fold
from mmbatch_dash.store.fold.worker import FoldWorker
from mmbatch_dash.store.watching import Watch

LOG = logging.getLogger(__name__)

LOOK_SECONDS = 5.0
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def remove_before(retention: Retention, now: datetime) -> datetime | None:
    """The whole hour before which jobs that ended leave the lists; None where all are kept."""
    if retention.jobs is None:
        return None
    if retention.jobs.seconds >= (now - EPOCH).total_seconds():
        return EPOCH
    return (now - timedelta(seconds=retention.jobs.seconds)).replace(minute=0, second=0, microsecond=0)


def originals_since(retention: Retention, now: datetime) -> datetime | None:
    """From when on events are kept as they came; None where all are."""
    if retention.journal is None or retention.journal.seconds >= (now - EPOCH).total_seconds():
        return None
    return now - timedelta(seconds=retention.journal.seconds)


class RetentionWatch(Watch):
    """Looks at configuration and clock every few seconds, in its own thread."""

    def __init__(
        self, read: Callable[[], Retention], fold: Fold, worker: FoldWorker, clock: Callable[[], datetime]
    ) -> None:
        self._read = read
        self._fold = fold
        self._worker = worker
        self._clock = clock
        self._known = remove_before(read(), clock())
        super().__init__("retention-watch", LOOK_SECONDS, "Jobs that are not kept any longer could not be removed")

    def look(self) -> bool:
        """Whether other jobs are to be kept than before; the fold then moves them, in the background."""
        before = remove_before(self._read(), self._clock())
        if before == self._known:
            return False
        self._fold.set_removal(before)
        LOG.info("Jobs leave the lists that ended before: %s", before or "(none do)")
        self._known = before
        self._worker.wake()
        return True
