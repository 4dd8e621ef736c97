"""Looking again and again, in a thread of its own, at what others may have changed."""

import logging
import threading
from abc import ABC, abstractmethod

LOG = logging.getLogger(__name__)


class Watch(ABC):
    """Looks every so often until it is stopped; what goes wrong at a look is logged, and the next one tries again."""

    def __init__(self, name: str, every_seconds: float) -> None:
        self._name, self._every_seconds = name, every_seconds
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    @abstractmethod
    def look(self) -> bool:
        """Whether something had changed; it is then brought into force, in the background."""

    def start(self) -> None:
        """Begins to look."""
        self._thread.start()

    def stop(self) -> None:
        """Ends."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(self._every_seconds):
            try:
                self.look()
            except Exception:  # the next look tries again; the log says what was wrong
                LOG.exception("%s: a look failed", self._name)
