"""Where a server's journal is: in files of its own, or in a database that it shares with other servers."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from mmbatch_dash.domain.config.cluster import Cluster
from mmbatch_dash.domain.errors import InvalidInput, MmbatchDashError
from mmbatch_dash.settings import Settings
from mmbatch_dash.store.cluster.address import name_database, read_address
from mmbatch_dash.store.cluster.journal import PostgresJournal
from mmbatch_dash.store.cluster.keeper import SharedKeeper
from mmbatch_dash.store.cluster.lease import KEEPER, Lease
from mmbatch_dash.store.cluster.postgres import Postgres
from mmbatch_dash.store.config.shared_database import read_shared_database
from mmbatch_dash.store.journal import FileJournal, Journal
from mmbatch_dash.store.journal.keeper import Keeper

NOT_SHARED = (
    "`{command}` works on the files of a server that serves alone, and {data_dir} belongs to one whose journal is in "
    "the database at {place} (cluster.postgres). {remedy}"
)
NO_DEMO = "A simulated fleet is never put into a shared database: unset cluster.postgres."


class Keeping(Protocol):
    """What looks after the journal in a thread of its own."""

    def start(self) -> None:
        """Begins."""

    def stop(self) -> None:
        """Ends."""


Keep = Callable[[Callable[[], int], Callable[[], datetime | None]], Keeping]


@dataclass(frozen=True, slots=True)
class JournalPlace:
    """An open journal with what belongs to its place.

    Attributes:
        journal: what was accepted.
        store_file: of the tables made from it.
        is_turn: whether this server is the one that does what only one of several may do.
        keep: makes what looks after it, told how far it is folded and from when on events are kept as they came.
        close_database: gives up the turn and the connections, after whoever reads has stopped.
        shared: the journal where it is shared, else None.
    """

    journal: Journal
    store_file: Path
    is_turn: Callable[[], bool]
    keep: Keep
    close_database: Callable[[], None]
    shared: PostgresJournal | None = None


def open_journal_place(
    settings: Settings,
    cluster: Cluster,
    clock: Callable[[], datetime],
    shortage: Callable[[], str | None],
) -> JournalPlace:
    """The journal where the configuration says it is.

    Args:
        settings: of the data directory.
        cluster: what is shared.
        clock: what time it is.
        shortage: why nothing may be written to the disk now, or None.

    Raises:
        InvalidInput: the file of the address cannot be read.
        MmbatchDashError: the fleet is simulated, or psycopg is not installed.
        StoreUnavailable: the journal cannot be opened.
    """
    if not cluster.postgres:
        return _open_files(settings, clock, shortage)
    if settings.simulated:
        raise MmbatchDashError(NO_DEMO)
    postgres = Postgres(read_address(cluster.postgres))
    try:
        journal = PostgresJournal(postgres, clock=clock, folder=settings.data_dir)
    except BaseException:
        postgres.close()
        raise
    lease = Lease(postgres, KEEPER)

    def close_database() -> None:
        lease.release()
        postgres.close()

    return JournalPlace(
        journal,
        # Tables that another journal made are never taken for this one's.
        settings.store_file.with_stem(f"{settings.store_file.stem}-{journal.name[:8]}"),
        lease.held,
        lambda folded, originals_since: SharedKeeper(postgres, lease.held, clock, originals_since),
        close_database,
        journal,
    )


def refuse_shared(data_dir: Path, command: str, remedy: str) -> None:
    """Nothing, where the data directory is all there is.

    Raises:
        InvalidInput: its journal is in a database that it shares.
    """
    if address := read_shared_database(data_dir):
        place = name_database(read_address(address))
        raise InvalidInput(NOT_SHARED.format(command=command, data_dir=data_dir, place=place, remedy=remedy))


def _open_files(settings: Settings, clock: Callable[[], datetime], shortage: Callable[[], str | None]) -> JournalPlace:
    journal = FileJournal(settings.journal_dir, clock=clock, shortage=shortage)
    return JournalPlace(
        journal,
        settings.store_file,
        lambda: True,
        lambda folded, originals_since: Keeper(journal, folded, originals_since),
        lambda: None,
    )
