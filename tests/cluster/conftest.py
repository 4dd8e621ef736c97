"""A database of the test's own, and journals in it as several servers have them."""

from collections.abc import Callable, Iterator

import pytest

from mmbatch_dash.store.cluster.journal import PostgresJournal
from mmbatch_dash.store.cluster.postgres import Postgres

OpenServer = Callable[[], PostgresJournal]


@pytest.fixture
def postgres(migrated_database: str) -> Iterator[Postgres]:
    opened = Postgres(migrated_database)
    yield opened
    opened.close()


@pytest.fixture
def open_server(migrated_database: str) -> Iterator[OpenServer]:
    """Opens the journal as one more server does, with connections of its own."""
    opened: list[tuple[PostgresJournal, Postgres]] = []

    def open_one() -> PostgresJournal:
        postgres = Postgres(migrated_database)
        opened.append((PostgresJournal(postgres), postgres))
        return opened[-1][0]

    yield open_one
    for journal, postgres in opened:
        journal.close()
        postgres.close()
