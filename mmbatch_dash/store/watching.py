"""Looking again and again, in a thread of its own, at what others may have changed."""

import logging
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable

from mmbatch_dash.domain.errors import Rebuilding

LOG = logging.getLogger(__name__)


class Watch(ABC):
    """Looks every so often until it is stopped; what goes wrong at a look is logged, and the next one tries again.

    Attributes:
        is_turn: whether it is to look at all, where only one of several servers is.
    """

    def __init__(
        self,
        name: str,
        every_seconds: float,
        complaint: str,
        *,
        most_share: float = 1.0,
        wait_seconds: float | None = None,
    ) -> None:
        """Does not look yet.

        Args:
            name: of its thread.
            every_seconds: from one look to the next.
            complaint: what the log says of a look that failed.
            most_share: of the time no more than this goes into looking; the pause grows with what a look took.
            wait_seconds: how long its end waits for a look under way; None as long as it takes.
        """
        self._every_seconds, self._complaint = every_seconds, complaint
        self._most_share, self._wait_seconds = most_share, wait_seconds
        self.is_turn: Callable[[], bool] = lambda: True
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    @abstractmethod
    def look(self) -> object:
        """Looks once, and brings what changed into force."""

    def start(self) -> None:
        """Begins to look."""
        self._thread.start()

    def stop(self) -> None:
        """Ends."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(self._wait_seconds)

    def _run(self) -> None:
        pause = self._every_seconds
        while not self._stopping.wait(pause):
            if not self.is_turn():
                continue
            began = time.monotonic()
            try:
                self.look()
            except Rebuilding:  # there is nothing to look at until the tables are there
                LOG.debug("%s: the tables are being made anew", self._complaint)
            except Exception:  # the next look tries again; the log says what was wrong
                LOG.exception(self._complaint)
            if self._most_share < 1:
                pause = max(self._every_seconds, (time.monotonic() - began) / self._most_share)
