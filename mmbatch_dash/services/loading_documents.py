"""Moving from one machine to many: configuration, users, tokens and what was noted → the shared documents."""

from pathlib import Path

from mmbatch_dash.services.alerts.state_file import FILE_NAME as ALERTS
from mmbatch_dash.services.aws.state import FILE as AWS_SYNC
from mmbatch_dash.services.obedience import FILE_NAME as OBEDIENCE
from mmbatch_dash.services.report.digest import FILE_NAME as DIGEST
from mmbatch_dash.store.cluster.documents import PostgresDocuments
from mmbatch_dash.store.config.history import HISTORY_NAME, ConfigHistory, write_change
from mmbatch_dash.store.config.shared import NAME as CONFIG
from mmbatch_dash.store.documents.files import FileDocuments

SECRET = ("secrets/users.json", "secrets/tokens.json", "secrets/token_uses.json", "secrets/session.key")
MOVED = (*SECRET, AWS_SYNC, ALERTS, DIGEST, OBEDIENCE)


def load_documents(data_dir: Path, shared: PostgresDocuments) -> list[str]:
    """Names of what is there now; what the database had already is left as it is there.

    Args:
        data_dir: of a server that served alone.
        shared: where to.

    Raises:
        StoreUnavailable: something cannot be read or written; what was moved before stays, and it may be done again.
    """
    source, moved = FileDocuments(data_dir), []
    changes = [write_change(change).encode() for change in ConfigHistory(data_dir / HISTORY_NAME).read()]
    if changes and shared.load(CONFIG, changes):
        moved.append(f"{CONFIG} ({len(changes):,} versions)")
    for name in MOVED:
        kept = source.read(name)
        if kept is not None and shared.load(name, [kept.content]):
            moved.append(name)
    return moved
