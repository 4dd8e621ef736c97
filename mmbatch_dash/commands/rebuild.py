"""`rebuild`: the folded tables made anew from the journal, then put in the place of the old ones."""

import typer

from mmbatch_dash.commands.progress import progress_bar
from mmbatch_dash.domain.errors import MmbatchDashError, StoreUnavailable
from mmbatch_dash.services.rebuild import rebuild_store
from mmbatch_dash.settings import Settings

DAMAGED = 3
"""Exit code where something of the journal or of the tables is lost, whatever became of the rest."""

BY_ITSELF = "A server makes its tables anew by itself where they are damaged, missing or of another version."


def run_rebuild(settings: Settings, *, accept_loss: bool = False) -> None:
    """Replays the journal into a new store file and swaps it in; the old one stays until that has worked.

    Raises:
        MmbatchDashError: there is no journal, or a running server holds the store.
        typer.Exit: something was damaged, or the journal holds less than the tables do.
    """
    if not settings.journal_dir.is_dir():
        raise MmbatchDashError(f"There is no journal at {settings.journal_dir}; name the folder with --data-dir.")
    try:
        with progress_bar() as progress:
            task = progress.add_task("replaying", total=None)
            made = rebuild_store(
                settings, lambda done, end: progress.update(task, completed=done, total=end), accept_loss=accept_loss
            )
    except StoreUnavailable as error:
        raise StoreUnavailable(f"{error} {BY_ITSELF}") from None
    if made.damaged_places:
        typer.echo(
            f"{made.damaged_places:,} places of the journal, {made.lost_bytes:,} bytes, could not be read; "
            "`python -m mmbatch_dash check` lists them.",
            err=True,
        )
    if made.refused:
        typer.echo(made.refused, err=True)
    else:
        typer.echo(f"Rebuilt {settings.store_file} from the journal.")
    if made.refused or made.damaged_places:
        raise typer.Exit(DAMAGED)
