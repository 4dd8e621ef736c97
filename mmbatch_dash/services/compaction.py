"""Giving disk back that moved and removed jobs left free in the file of the tables, while the server runs."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from mmbatch_dash.store.compaction import LEAST_GAIN_BYTES, Room
from mmbatch_dash.store.fold.worker import FoldWorker
from mmbatch_dash.store.projection import Projection
from mmbatch_dash.store.watching import Watch

LOG = logging.getLogger(__name__)

LOOK_SECONDS = 60.0
APART = timedelta(hours=6)
"""From one copy to the next: what the fold frees it mostly fills again by itself."""
CLOSE_BYTES = 16 * 1024 * 1024
"""With more than this waiting to be folded, copying would only hold the fold up."""


@dataclass(frozen=True, slots=True)
class Compaction:
    """How copying the tables into a smaller file stands.

    Attributes:
        room: how the file of the tables is filled; None while it is made anew or copied.
        under_way: whether a copy is being made, or is catching up with the journal.
        lacking_bytes: how much more room on the disk a copy needs that would be worth it; 0 where none is lacking.
        last_at: when the last one since the start began; None where there was none.
    """

    room: Room | None
    under_way: bool
    lacking_bytes: int
    last_at: datetime | None


class CompactionWatch(Watch):
    """Looks once a minute, in its own thread, whether there is enough to be gained, and then copies."""

    def __init__(
        self,
        projection: Projection,
        worker: FoldWorker,
        spare_bytes: Callable[[], int],
        clock: Callable[[], datetime],
        *,
        least_bytes: int = LEAST_GAIN_BYTES,
    ) -> None:
        """Does not look yet.

        Args:
            projection: the tables.
            worker: keeps them up.
            spare_bytes: how much of the disk is free above what is kept free.
            clock: what time it is.
            least_bytes: what is to be gained at least.
        """
        self._projection, self._worker = projection, worker
        self._spare_bytes, self._clock = spare_bytes, clock
        self._least_bytes = least_bytes
        self._last_at: datetime | None = None
        self._told = False
        super().__init__("compaction-watch", LOOK_SECONDS, "The tables could not be copied into a smaller file")

    def state(self) -> Compaction:
        """How it stands, for the page of storage."""
        room = self._projection.room()
        return Compaction(room, self._projection.compacts(), self._lacking(room), self._last_at)

    def look(self) -> bool:
        """Whether the tables were copied; not where little is to be gained, or the disk or the time is not there."""
        now = self._clock()
        if self._last_at is not None and now - self._last_at < APART:
            return False
        if self._is_busy():
            return False
        self._projection.write_out(self._least_bytes)
        room = self._projection.room()
        if room is None or not room.is_worth_it(self._least_bytes):
            return False
        if lacking := self._lacking(room):
            if not self._told:
                LOG.warning(
                    "The tables could give %d bytes back, but %d more are needed for it.", room.free_bytes, lacking
                )
            self._told = True
            return False
        self._last_at, self._told = now, False
        if not self._projection.compact(self._spare_bytes(), least_bytes=self._least_bytes):
            return False
        self._worker.fall_behind()
        return True

    def stop(self) -> None:
        """Gives up a copy under way and ends."""
        self._stopping.set()
        self._projection.stop_copying()
        super().stop()

    def _is_busy(self) -> bool:
        fold = self._projection.fold
        return self._worker.lag_bytes > CLOSE_BYTES or fold.is_removing or bool(fold.pending())

    def _lacking(self, room: Room | None) -> int:
        if room is None or not room.is_worth_it(self._least_bytes):
            return 0
        return max(0, room.needed_bytes - self._spare_bytes())
