"""`rebuild`: the folded tables made anew from the journal, then put in the place of the old ones.

A running server does it itself, and takes events in meanwhile; the command waits for it and says what came of it.
"""

import time

import typer

from mmbatch_dash.commands.progress import progress_bar
from mmbatch_dash.commands.running import RunningServer, find_server
from mmbatch_dash.domain.errors import MmbatchDashError, StoreUnavailable
from mmbatch_dash.services.journal_place import refuse_shared
from mmbatch_dash.services.rebuild import Rebuilt, rebuild_store
from mmbatch_dash.settings import Settings

DAMAGED = 3
"""Exit code where something of the journal or of the tables is lost, whatever became of the rest."""

PATH = "/api/v1/rebuild"
LOOK_SECONDS = 0.25
BY_ITSELF = "A server makes its tables anew by itself where they are damaged, missing or of another version."
ENDED = "The server ended before its tables were made anew; those before are as they were. Ask again. ({error})"


def run_rebuild(settings: Settings, *, accept_loss: bool = False) -> None:
    """Replays the journal into a new store file and swaps it in; the old one stays until that has worked.

    Raises:
        MmbatchDashError: there is no journal, or the running server could not do it.
        StoreUnavailable: a process holds the data directory that answers no commands.
        typer.Exit: something was damaged, or the journal holds less than the tables do.
    """
    refuse_shared(settings.data_dir, "rebuild", "Its tables are made anew by themselves where they have to be.")
    if not settings.journal_dir.is_dir():
        raise MmbatchDashError(f"There is no journal at {settings.journal_dir}; name the folder with --data-dir.")
    try:
        with progress_bar() as progress:
            task = progress.add_task("replaying", total=None)
            made = rebuild_store(
                settings, lambda done, end: progress.update(task, completed=done, total=end), accept_loss=accept_loss
            )
        where = str(settings.store_file)
    except StoreUnavailable as error:
        if (server := find_server(settings)) is None:
            raise StoreUnavailable(f"{error} {BY_ITSELF}") from None
        made, where = _have_it_done(server, accept_loss=accept_loss), "the tables of the running server"
    if made.damaged_places:
        typer.echo(
            f"{made.damaged_places:,} places of the journal, {made.lost_bytes:,} bytes, could not be read; "
            "`python -m mmbatch_dash check` lists them.",
            err=True,
        )
    if made.refused:
        typer.echo(made.refused, err=True)
    else:
        typer.echo(f"Rebuilt {where} from the journal.")
    if made.refused or made.damaged_places:
        raise typer.Exit(DAMAGED)


def _have_it_done(server: RunningServer, *, accept_loss: bool) -> Rebuilt:
    """What came of it, once the running server is done."""
    state = server.post(PATH, content={"accept_loss": accept_loss})
    typer.echo("The running server makes its tables anew, shows those before and takes events in meanwhile.", err=True)
    with progress_bar() as progress:
        task = progress.add_task("replaying, per mille", total=1000)
        while state["status"] == "rebuilding":
            progress.update(task, completed=int(1000 * state["share"]))
            time.sleep(LOOK_SECONDS)
            try:
                state = server.get(PATH)
            except StoreUnavailable as error:
                raise StoreUnavailable(ENDED.format(error=error)) from None
            if state["problem"]:
                raise MmbatchDashError(f"The server is stuck at it, and tries again by itself: {state['problem']}")
    return Rebuilt(state["refused"] or "", state["damaged_places"], state["lost_bytes"])
