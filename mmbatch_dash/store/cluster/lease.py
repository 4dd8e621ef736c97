"""The right to do what only one of several servers may do at a time; it ends with the connection that took it."""

import logging
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from mmbatch_dash.domain.errors import StoreUnavailable
from mmbatch_dash.store.cluster.postgres import Postgres

if TYPE_CHECKING:
    from mmbatch_dash.store.cluster.postgres import Session

LOG = logging.getLogger(__name__)

KEEPER = 0x6D6D6B70
"""What is done once for all: asking AWS, telling people, tidying the database up."""
LOOK_SECONDS = 1.0

_TAKE = "SELECT pg_try_advisory_lock(%s)"


class Lease:
    """An advisory lock of the database, asked for again whenever it is not held. Thread-safe."""

    def __init__(self, postgres: Postgres, key: int) -> None:
        """Takes nothing yet.

        Args:
            postgres: the database.
            key: of what only one may do.
        """
        self._postgres, self._key = postgres, key
        self._asking = threading.Lock()
        self._session: Session | None = None
        self._held, self._look_at = False, float("-inf")

    def held(self) -> bool:
        """Whether it is this server's turn, as it was within the last second."""
        with self._asking:
            if time.monotonic() >= self._look_at:
                before, self._held = self._held, self._ask()
                self._look_at = time.monotonic() + LOOK_SECONDS
                if before != self._held:
                    LOG.info("This server %s what only one of several does", "does" if self._held else "no longer does")
            return self._held

    def release(self) -> None:
        """Gives it up, so that another server need not wait for the connection to be missed."""
        with self._asking:
            self._held, self._look_at = False, float("inf")
            self._drop()

    def _ask(self) -> bool:
        try:
            if self._session is None:
                self._session = self._postgres.connect()
                self._held = False
            session, sql = self._session, "SELECT true" if self._held else _TAKE
            asked = [] if self._held else [self._key]
            return self._postgres.translate(lambda: session.execute(sql.encode(), asked).fetchall()) == [(True,)]
        except StoreUnavailable:
            self._drop()
            return False

    def _drop(self) -> None:
        if (session := self._session) is not None:
            self._session = None
            with suppress(Exception):  # it may be gone long since
                session.close()
