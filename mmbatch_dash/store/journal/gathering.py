"""How long a flush waits for other requests to share it: only where waiting has lately brought some.

Nodes that each send an event now and then would have a flush each, and a flush writes whole pages. Whoever waits for an
answer before the next request gains nothing by waiting, and is not kept: then nobody comes late.
"""

import time
from collections.abc import Callable
from queue import Empty
from typing import TypeVar

Request = TypeVar("Request")

WAIT_SECONDS = 0.03
"""The longest that an event is kept back for others to come."""
LATE_SECONDS = 0.003
"""Who comes after this did not send at the same moment as the first: waiting pays."""
ENOUGH_REQUESTS, ENOUGH_BYTES = 16, 64 * 1024
"""With so much there is nothing to wait for."""
FIRST_SKIPS, MOST_SKIPS = 16, 512
"""Flushes that wait for nobody after one that waited in vain: twice as many each time."""


class Gathering:
    """Learns whether waiting pays. Belongs to the one thread that writes."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._skips = self._left = FIRST_SKIPS

    def wait(
        self, get: Callable[[float], Request | None], take: Callable[[Request | None], bool], requests: int, size: int
    ) -> None:
        """Waits for more requests, if that is worth it.

        Args:
            get: the next request within so many seconds; raises Empty.
            take: told each of them; false ends the waiting.
            requests: how many there are.
            size: of them all, in bytes.
        """
        if requests >= ENOUGH_REQUESTS or size >= ENOUGH_BYTES:
            return
        if self._left:
            self._left -= 1
            return
        began, late = self._clock(), 0
        while requests < ENOUGH_REQUESTS and (left := began + WAIT_SECONDS - self._clock()) > 0:
            try:
                request = get(left)
            except Empty:
                break
            late += self._clock() - began > LATE_SECONDS
            requests += 1
            if not take(request):
                break
        self._skips = FIRST_SKIPS if late else min(2 * self._skips, MOST_SKIPS)
        self._left = 0 if late else self._skips
