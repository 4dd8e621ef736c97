"""Bringing a change of the pricing settings to the fold, whoever made it: page, API, command line or an editor."""

import logging
from collections.abc import Callable

from mmbatch_dash.store.fold import Fold, PricingSettings
from mmbatch_dash.store.fold.worker import FoldWorker
from mmbatch_dash.store.watching import Watch

LOG = logging.getLogger(__name__)

LOOK_SECONDS = 1.0


class PricingWatch(Watch):
    """Looks at the settings in force once a second, in its own thread."""

    def __init__(self, read: Callable[[], PricingSettings], fold: Fold, worker: FoldWorker) -> None:
        self._read = read
        self._fold = fold
        self._worker = worker
        self._known = read()
        super().__init__("pricing-watch", LOOK_SECONDS, "The pricing settings could not be read")

    def look(self) -> bool:
        """Whether the settings had changed; the fold then costs again what they concern, in the background."""
        now = self._read()
        if now == self._known:
            return False
        LOG.info("The pricing settings changed; costs follow in the background")
        self._fold.set_pricing(now)
        self._known = now
        self._worker.wake()
        return True
