"""`rebuild`: the folded tables made anew from the journal, then put in the place of the old ones."""

import typer

from mmbatch_dash.commands.progress import progress_bar
from mmbatch_dash.domain.errors import MmbatchDashError
from mmbatch_dash.services.rebuild import rebuild_store
from mmbatch_dash.settings import Settings


def run_rebuild(settings: Settings) -> None:
    """Replays the journal into a new store file and swaps it in; the old one stays until that has worked.

    Raises:
        MmbatchDashError: there is no journal, or a running server holds the store.
    """
    if not settings.journal_dir.is_dir():
        raise MmbatchDashError(f"There is no journal at {settings.journal_dir}; name the folder with --data-dir.")
    with progress_bar() as progress:
        task = progress.add_task("replaying", total=None)
        rebuild_store(settings, lambda done, end: progress.update(task, completed=done, total=end))
    typer.echo(f"Rebuilt {settings.store_file} from the journal.")
