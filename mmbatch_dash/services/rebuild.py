"""Making the folded tables anew from the journal."""

from collections.abc import Callable
from pathlib import Path

from mmbatch_dash.services.build import pricing_settings
from mmbatch_dash.settings import Settings
from mmbatch_dash.store.config_store import ConfigStore
from mmbatch_dash.store.database import Database
from mmbatch_dash.store.fold import Fold
from mmbatch_dash.store.journal import Journal
from mmbatch_dash.store.lock import hold
from mmbatch_dash.store.shipped import load_shipped


def rebuild_store(settings: Settings, progress: Callable[[int, int], None] = lambda done, end: None) -> None:
    """Replays the journal into a new store file beside the old one, then puts it in its place.

    Args:
        settings: where journal and store are.
        progress: told journal bytes done and in all.

    Raises:
        StoreUnavailable: a running server holds the data directory.
    """
    with hold(settings.data_dir):
        _rebuild(settings, progress)


def _rebuild(settings: Settings, progress: Callable[[int, int], None]) -> None:
    fresh = settings.store_file.with_suffix(".rebuilding")
    _remove(fresh)
    database, journal = Database(fresh), Journal(settings.journal_dir)
    load_shipped(database)
    fold = Fold(database, journal, pricing_settings(ConfigStore(settings.data_dir).current()))
    while fold.fold_batch() or fold.catch_up():
        progress(fold.position, journal.end)
    journal.close()
    fold.close()
    database.close()
    _remove(settings.store_file)
    fresh.replace(settings.store_file)


def _remove(store_file: Path) -> None:
    for name in (store_file.name, f"{store_file.name}.wal"):
        store_file.with_name(name).unlink(missing_ok=True)
