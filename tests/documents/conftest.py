"""Places of documents: what is true of one is true of each."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from mmbatch_dash.store.cluster.documents import PostgresDocuments
from mmbatch_dash.store.cluster.postgres import Postgres
from mmbatch_dash.store.cluster.watched import WatchedDocuments
from mmbatch_dash.store.documents.files import FileDocuments
from mmbatch_dash.store.documents.interface import Documents
from tests.postgres import PostgresServer

Open = Callable[[], Documents]
TABLES = "mmbatch.documents, mmbatch.document_history, mmbatch.logs, mmbatch.sessions"


@pytest.fixture(scope="module")
def module_database(postgres_server: PostgresServer) -> Iterator[str]:
    """The address of a migrated database for all tests of a module."""
    yield postgres_server.make_database("documents", "migrated")
    postgres_server.drop_database("documents")


@pytest.fixture
def database(module_database: str) -> str:
    """The same, with nothing in it."""
    with closing(Postgres(module_database)) as postgres, postgres.transaction() as rows:
        rows.execute(f"TRUNCATE {TABLES}".encode())
    return module_database


@pytest.fixture(params=["file", "postgres", "watched"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    """Opens the same place, each time as another process would."""
    if request.param == "file":
        yield lambda: FileDocuments(tmp_path)
        return
    address = request.getfixturevalue("database")
    with ExitStack() as opened:

        def open_shared() -> Documents:
            shared = PostgresDocuments(Postgres(address, most_connections=2))
            return opened.enter_context(closing(shared if request.param == "postgres" else WatchedDocuments(shared)))

        yield open_shared
