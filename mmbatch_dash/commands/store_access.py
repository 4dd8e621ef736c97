"""What a command works on: the store itself, or the running server that holds it."""

from collections.abc import Iterator
from contextlib import contextmanager

from mmbatch_dash.commands.running import RunningServer, find_server
from mmbatch_dash.domain.errors import MmbatchDashError, StoreUnavailable
from mmbatch_dash.services import Services, open_services
from mmbatch_dash.settings import Settings
from mmbatch_dash.store.config.shared_database import read_shared_database


@contextmanager
def reached(settings: Settings) -> Iterator[Services | RunningServer]:
    """The services of an existing data directory, folded and without a thread that folds; or the server that holds it.

    Raises:
        MmbatchDashError: there is no such directory.
        StoreUnavailable: another process holds it that answers no commands: an import, say.
    """
    _require_data(settings)
    found = open_or_find(settings)
    if isinstance(found, RunningServer):
        yield found
        return
    with _folded(found) as services:
        yield services


@contextmanager
def opened(settings: Settings) -> Iterator[Services]:
    """The same, of a data directory that no server may hold.

    Raises:
        MmbatchDashError: there is no such directory.
        StoreUnavailable: another process holds it.
    """
    _require_data(settings)
    with _folded(open_services(settings, start_folding=False)) as services:
        yield services


def _require_data(settings: Settings) -> None:
    if not settings.journal_dir.is_dir() and not read_shared_database(settings.data_dir):
        raise MmbatchDashError(f"There is no data at {settings.data_dir}; name the folder with --data-dir.")


@contextmanager
def _folded(services: Services) -> Iterator[Services]:
    try:
        services.fold.fold_all()
        yield services
    finally:
        services.close()


def open_or_find(settings: Settings) -> Services | RunningServer:
    """The services, for the caller to close, or the server that holds the data directory.

    Raises:
        StoreUnavailable: another process holds it that answers no commands.
    """
    try:
        return open_services(settings, start_folding=False)
    except StoreUnavailable:
        server = find_server(settings)
        if server is None:
            raise
        return server
