"""`disown`: the figures leave out what a token or source told; nothing is deleted, and `--undo` takes it back."""

import getpass
from datetime import UTC

import typer

from mmbatch_dash.domain.disowning import Disowned, disown
from mmbatch_dash.domain.errors import InvalidInput, MmbatchDashError
from mmbatch_dash.domain.instants import parse_instant
from mmbatch_dash.settings import Settings
from mmbatch_dash.store.auth.audit import AuditEntry, AuditLog
from mmbatch_dash.store.disowned import read_disowned, write_disowned
from mmbatch_dash.store.lock import hold


def run_disown(
    settings: Settings, *, token: str | None, source: str | None, since: str | None, until: str | None, undo: bool
) -> None:
    """Changes the list of what is disowned, or prints it where nothing is named.

    Raises:
        InvalidInput: a time that is none, or what is to be taken back is not on the list.
        MmbatchDashError: there is no data directory.
        StoreUnavailable: a running server holds it.
    """
    if not settings.journal_dir.is_dir():
        raise MmbatchDashError(f"There is no journal at {settings.journal_dir}; name the folder with --data-dir.")
    if not token and not source and not undo:
        _list(read_disowned(settings.data_dir))
        return
    begin = parse_instant(since, zone=UTC, field="--from") if since else None
    end = parse_instant(until, zone=UTC, field="--to") if until else None
    wanted = disown(token, source, begin, end)
    with hold(settings.data_dir):
        before = read_disowned(settings.data_dir)
        if undo and wanted not in before:
            raise InvalidInput(f"{wanted} is not disowned; `disown` without more lists what is")
        after = [each for each in before if each != wanted]
        write_disowned(settings.data_dir, after if undo else [*after, wanted])
        detail = f"{'owned again' if undo else 'disowned'}: {wanted}"
        AuditLog(settings.data_dir).add(AuditEntry("disown", f"local:{getpass.getuser()}", "cli", detail=detail))
    typer.echo(
        f"{detail}. Nothing is deleted: the next start makes the tables anew {'with' if undo else 'without'} it, "
        "and shows the old ones until then."
    )


def _list(disowned: tuple[Disowned, ...]) -> None:
    for each in disowned:
        typer.echo(str(each))
    if not disowned:
        typer.echo("Nothing is disowned.")
