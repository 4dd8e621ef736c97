"""Pages as they were drawn, for as long as nothing that they show has changed.

A page asked for again costs a lookup instead of its questions, figures and markup. Like the pages that are open, they
are made again once a minute though nothing came in: running work and relative ranges go on.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, TypeVar

from flask import g, has_request_context, request

from mmbatch_dash.services import Services

RECHECK_SECONDS = 60
MOST = 64

Drawn = TypeVar("Drawn")


class KeptPages:
    """The latest pages by address, reader, tables and configuration; thread-safe."""

    def __init__(self, services: Services, clock: Callable[[], float] = time.time) -> None:
        self._services = services
        self._clock = clock
        self._lock = Lock()
        self._kept: OrderedDict[Hashable, Any] = OrderedDict()

    def keep(self, kind: str, path: str, search: str, draw: Callable[[], tuple[Drawn, bool]]) -> Drawn:
        """What was drawn for this address, or what is drawn now.

        Args:
            kind: what it is drawn as.
            path: of the address.
            search: of the address.
            draw: draws it, and tells whether it may be kept.
        """
        if (state := self._state()) is None:
            return draw()[0]
        question = (kind, path, search, state)
        with self._lock:
            if question in self._kept:
                self._kept.move_to_end(question)
                kept: Drawn = self._kept[question]
                return kept
        drawn, may_be_kept = draw()
        # Drawn in the midst of a change it may be of before or after it.
        if may_be_kept and self._state() == state:
            with self._lock:
                self._kept[question] = drawn
                while len(self._kept) > MOST:
                    self._kept.popitem(last=False)
        return drawn

    def _state(self) -> Hashable | None:
        """All that pages depend on besides their address; None while something changes all the time."""
        if not has_request_context():
            return None
        fresh = self._services.reports.freshness()
        if fresh.lag_bytes or fresh.rebuild or fresh.problem:
            return None
        reader = (repr(g.get("identity")), g.get("door"), request.host_url)
        return (
            reader,
            (fresh.version, fresh.degraded, repr(self._services.alerts.state.open)),
            self._services.config.version,
            int(self._clock() // RECHECK_SECONDS),
        )
