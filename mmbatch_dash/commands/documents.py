"""The documents that a command changes beside a running server, and the audit log of that."""

import getpass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from mmbatch_dash.store.documents.interface import Documents


def find_documents(data_dir: Path | None, context: typer.Context) -> "Documents":
    """The documents of a data directory, or of the database that it shares; closed when the command ends.

    Raises:
        MmbatchDashError: they cannot be opened.
    """
    from mmbatch_dash.services.documents_place import open_documents
    from mmbatch_dash.settings import build_settings

    documents = open_documents(build_settings(data_dir), watched=False)
    context.call_on_close(documents.close)
    return documents


def record(documents: "Documents", action: str, detail: str) -> None:
    """Writes into the audit log what whoever runs the command did."""
    from mmbatch_dash.store.auth.audit import AuditEntry, AuditLog

    AuditLog(documents).add(AuditEntry(action, who_runs(), "cli", detail=detail))


def who_runs() -> str:
    """Name of whoever runs the command."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
