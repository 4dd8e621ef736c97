"""Opening the services for a command, with a clear word where a running server holds the store."""

from collections.abc import Iterator
from contextlib import contextmanager

from mmbatch_dash.domain.errors import MmbatchDashError
from mmbatch_dash.services import Services, open_services
from mmbatch_dash.settings import Settings


@contextmanager
def opened(settings: Settings) -> Iterator[Services]:
    """The services of an existing data directory, without a thread that folds; closed on leaving.

    Raises:
        MmbatchDashError: there is no such directory.
        StoreUnavailable: a running server holds the store.
    """
    if not settings.journal_dir.is_dir():
        raise MmbatchDashError(f"There is no data at {settings.data_dir}; name the folder with --data-dir.")
    services = open_services(settings, start_folding=False)
    try:
        services.fold.fold_all()
        yield services
    finally:
        services.close()
