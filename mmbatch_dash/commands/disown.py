"""`disown`: the figures leave out what a token or source told; nothing is deleted, and `--undo` takes it back."""

import getpass
from datetime import UTC

import typer

from mmbatch_dash.commands.running import find_server
from mmbatch_dash.domain.disowning import Disowned, disown
from mmbatch_dash.domain.errors import MmbatchDashError, StoreUnavailable
from mmbatch_dash.domain.instants import parse_instant, to_iso
from mmbatch_dash.services.disowning import changed, told
from mmbatch_dash.services.journal_place import refuse_shared
from mmbatch_dash.settings import Settings
from mmbatch_dash.store.auth.audit import AuditEntry, AuditLog
from mmbatch_dash.store.disowned import read_disowned, write_disowned
from mmbatch_dash.store.documents.files import FileDocuments
from mmbatch_dash.store.lock import hold


def run_disown(
    settings: Settings, *, token: str | None, source: str | None, since: str | None, until: str | None, undo: bool
) -> None:
    """Changes the list of what is disowned, or prints it where nothing is named.

    Raises:
        InvalidInput: a time that is none, or what is to be taken back is not on the list.
        MmbatchDashError: there is no data directory.
        StoreUnavailable: a process holds it that answers no commands.
    """
    refuse_shared(settings.data_dir, "disown", "There nothing can be disowned yet.")
    if not settings.journal_dir.is_dir():
        raise MmbatchDashError(f"There is no journal at {settings.journal_dir}; name the folder with --data-dir.")
    if not token and not source and not undo:
        _list(read_disowned(settings.data_dir))
        return
    begin = parse_instant(since, zone=UTC, field="--from") if since else None
    end = parse_instant(until, zone=UTC, field="--to") if until else None
    wanted = disown(token, source, begin, end)
    try:
        with hold(settings.data_dir):
            after = changed(read_disowned(settings.data_dir), wanted, undo=undo)
            write_disowned(settings.data_dir, after)
            entry = AuditEntry("disown", f"local:{getpass.getuser()}", "cli", detail=told(wanted, undo=undo))
            AuditLog(FileDocuments(settings.data_dir)).add(entry)
        when = "the next start makes the tables anew"
    except StoreUnavailable:
        if (server := find_server(settings)) is None:
            raise
        wish = {"token": token, "source": source, "undo": undo}
        times = {"from": begin and to_iso(begin), "to": end and to_iso(end)}
        server.post("/api/v1/disowned", content=wish | times)
        when = "the server makes its tables anew now"
    typer.echo(
        f"{told(wanted, undo=undo)}. Nothing is deleted: {when} {'with' if undo else 'without'} it, "
        "and shows the old ones until then."
    )


def _list(disowned: tuple[Disowned, ...]) -> None:
    for each in disowned:
        typer.echo(str(each))
    if not disowned:
        typer.echo("Nothing is disowned.")
