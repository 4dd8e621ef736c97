"""Making the folded tables anew from the journal, because somebody asked for it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from mmbatch_dash.services import Services
from mmbatch_dash.services.configured import pricing_settings
from mmbatch_dash.services.retention import remove_before
from mmbatch_dash.settings import Settings
from mmbatch_dash.store.auth.audit import AuditEntry, AuditLog
from mmbatch_dash.store.config.store import ConfigStore
from mmbatch_dash.store.data_format import claim_format
from mmbatch_dash.store.disowned import read_disowned
from mmbatch_dash.store.journal import FileJournal
from mmbatch_dash.store.lock import hold
from mmbatch_dash.store.projection import Projection


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What came of it.

    Attributes:
        refused: why the tables before stand; empty where the new ones took their place.
        damaged_places: how many places of the journal could not be read.
        lost_bytes: how much of it that is.
    """

    refused: str
    damaged_places: int
    lost_bytes: int


def rebuild_store(
    settings: Settings, progress: Callable[[int, int], None] = lambda done, end: None, *, accept_loss: bool = False
) -> Rebuilt:
    """What came of replaying the journal into new tables beside the old ones, and putting them in their place.

    Args:
        settings: where journal and store are.
        progress: told journal bytes done and in all.
        accept_loss: whether tables that know less may take the place of those that know more.

    Raises:
        StoreUnavailable: a running server holds the data directory.
    """
    with hold(settings.data_dir):
        claim_format(settings.data_dir)
        journal = FileJournal(settings.journal_dir)
        journal.damage.replace(())  # all of it is read now, and what is damaged is found again
        config = ConfigStore(settings.data_dir).current()
        projection = Projection(
            settings.store_file,
            journal,
            pricing_settings(config),
            anew=True,
            accept_loss=accept_loss,
            disowned=read_disowned(settings.data_dir),
            remove_before=remove_before(config.retention, datetime.now(UTC)),
        )
        try:
            while projection.fold.fold_batch() or projection.fold.catch_up():
                progress(projection.fold.position, journal.end)
            return Rebuilt(" ".join(projection.degraded()), journal.damage.count, journal.damage.lost_bytes)
        finally:
            journal.close()
            projection.close()


def ask_for_rebuild(services: Services, *, accept_loss: bool, who: str, address: str) -> bool:
    """Has the running server make its tables anew beside those that are shown; False where it is at it already.

    Args:
        services: of the server.
        accept_loss: whether tables that know less may take the place of those that know more.
        who: asks for it, for the audit log.
        address: of theirs.
    """
    began = services.projection.make_anew(accept_loss=accept_loss)
    detail = "whatever they lack" if accept_loss else "never fewer events than before"
    AuditLog(services.documents).add(AuditEntry("rebuild", who, address, detail=detail))
    services.worker.fall_behind()
    services.worker.bump()
    return began
