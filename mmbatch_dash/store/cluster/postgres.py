"""Connections to the shared PostgreSQL database, and what is said when it cannot be asked.

psycopg is imported when a database is opened: one machine that serves alone does not need it.
"""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from mmbatch_dash.domain.errors import MmbatchDashError, StoreUnavailable
from mmbatch_dash.store.cluster.address import name_database

if TYPE_CHECKING:
    from psycopg import Connection, Cursor
    from psycopg.rows import TupleRow

    Rows = Cursor[TupleRow]
    Session = Connection[TupleRow]

Result = TypeVar("Result")

SCHEMA = "mmbatch"
"""Everything of ours is in it."""
MOST_CONNECTIONS = 8
PATIENCE_SECONDS = 5.0
"""How long a caller waits for a connection before it is told to come back."""
TRIES = 5
"""Of a transaction that PostgreSQL gave up in favour of another, as in a deadlock."""
RETRY_SECONDS = 0.05
CONNECTING: dict[str, str | int] = {
    "connect_timeout": 5,
    "application_name": "mmbatch_dash",
    # Of several hosts, and after a failover, the one that can be written to.
    "target_session_attrs": "read-write",
    "keepalives_idle": 10,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}
# A process that is stopped in the midst of a transaction must not keep the others waiting for ever.
LIMITS = "SET idle_in_transaction_session_timeout = '15s'; SET lock_timeout = '20s'; SET TIME ZONE 'UTC'"
MISSING = "cluster.postgres is set, and psycopg is not installed: pip install 'mmbatch-dash[cluster]'"
AWAY = (
    "The database at {place} cannot be asked now ({reason}). Try again shortly; what was stored before that is "
    "recognised when it comes again."
)


class Postgres:
    """The shared database. Thread-safe.

    Attributes:
        place: host, port and database, for messages.
    """

    def __init__(self, address: str, *, most_connections: int = MOST_CONNECTIONS) -> None:
        """Prepares connections; the first one is made when it is needed.

        Args:
            address: as `read_address` gives it.
            most_connections: how many at a time.

        Raises:
            MmbatchDashError: psycopg is not installed.
        """
        try:
            from psycopg_pool import ConnectionPool
        except ImportError:
            raise MmbatchDashError(MISSING) from None
        self.place = name_database(address)
        self._address = address
        self._pool: ConnectionPool[Session] = ConnectionPool(
            address,
            min_size=0,
            max_size=most_connections,
            timeout=PATIENCE_SECONDS,
            max_waiting=512,
            max_idle=60,
            kwargs=CONNECTING,
            configure=configure,
            open=False,
            name="mmbatch-dash",
        )
        self._pool.open()

    @contextmanager
    def transaction(self) -> Iterator["Rows"]:
        """A cursor in a transaction of its own, committed on leaving, rolled back on any error.

        Raises:
            StoreUnavailable: the database cannot be asked, or stopped answering. Where that was at the very end, what
                was done may hold all the same: whoever sends it again must be recognised.
        """
        with self._translated(), self._pool.connection() as connection, connection.cursor() as cursor:
            yield cursor

    def run(self, change: Callable[["Rows"], Result]) -> Result:
        """What `change` gives, in a transaction; it is called again where PostgreSQL gave it up for another's sake.

        Raises:
            StoreUnavailable: as `transaction` says.
        """
        from psycopg.errors import DeadlockDetected, SerializationFailure

        for left in range(TRIES - 1, -1, -1):
            try:
                with self._translated(), self._pool.connection() as connection, connection.cursor() as cursor:
                    return change(cursor)
            except (DeadlockDetected, SerializationFailure) as error:
                if not left:
                    raise self._away(error) from None
                time.sleep(random.uniform(0, RETRY_SECONDS))  # noqa: S311 - who comes first is no secret
        raise AssertionError  # the last try either returned or raised

    def connect(self) -> "Session":
        """A connection of the caller's own, outside the pool, that commits each statement: for locks of a session.

        Raises:
            StoreUnavailable: the database cannot be asked.
        """
        import psycopg

        with self._translated():
            connection = psycopg.connect(self._address, autocommit=True, **CONNECTING)  # type: ignore[arg-type]  # strings and numbers are what it takes
            configure(connection)
            return connection

    def translate(self, ask: Callable[[], Result]) -> Result:
        """What `ask` gives, on a connection of the caller's own.

        Raises:
            StoreUnavailable: the database stopped answering.
        """
        with self._translated():
            return ask()

    def close(self) -> None:
        """Closes every connection; again, nothing."""
        self._pool.close()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        import psycopg
        from psycopg import errors
        from psycopg_pool import PoolClosed, PoolTimeout, TooManyRequests

        try:
            yield
        except (errors.DeadlockDetected, errors.SerializationFailure):
            raise
        except (errors.UndefinedTable, errors.InvalidSchemaName) as error:
            raise StoreUnavailable(
                f"The database at {self.place} has no tables of this program yet: run `mmbatch-dash cluster migrate`. "
                f"({_first_line(error)})"
            ) from None
        except (PoolTimeout, PoolClosed, TooManyRequests) as error:
            raise self._away(error) from None
        except errors.ReadOnlySqlTransaction as error:
            # The host has become a standby: its connections are of no use any more.
            self._pool.drain()
            raise self._away(error) from None
        except (psycopg.OperationalError, psycopg.InterfaceError, errors.IdleInTransactionSessionTimeout) as error:
            raise self._away(error) from None

    def _away(self, error: Exception) -> StoreUnavailable:
        return StoreUnavailable(AWAY.format(place=self.place, reason=_first_line(error)))


def configure(connection: "Connection[Any]") -> None:
    """Sets the limits of a new connection."""
    connection.execute(LIMITS)
    if not connection.autocommit:
        connection.commit()


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
