"""`check`: what of a data directory is damaged. Exits 0 if nothing is, 1 if something is, 2 if it cannot tell."""

import sys

import typer

from mmbatch_dash.commands.progress import progress_bar
from mmbatch_dash.domain.errors import MmbatchDashError
from mmbatch_dash.services.check import Checked, check_data
from mmbatch_dash.settings import Settings

WHOLE, DEGRADED, UNKNOWN = 0, 1, 2
REMEDY = (
    "The server starts and shows what the rest says. To have the lost part back, restore a backup into a new folder "
    "(`restore SOURCE --data-dir NEW`), or put the damaged files of the journal back from one and run `rebuild`."
)


def run_check(settings: Settings) -> None:
    """Prints what was found and exits with what it means."""
    try:
        with progress_bar() as progress:
            task = progress.add_task("reading", total=None)
            checked = check_data(settings, lambda done, end: progress.update(task, completed=done, total=end))
    except MmbatchDashError as error:
        typer.echo(f"mmbatch_dash: {error}", err=True)
        sys.exit(UNKNOWN)
    for line in (*checked.problems, *(f"note: {note}" for note in checked.notes)):
        typer.echo(line)
    typer.echo(_say(settings, checked))
    if checked.problems:
        typer.echo(REMEDY)
        sys.exit(DEGRADED)


def _say(settings: Settings, checked: Checked) -> str:
    journal = checked.journal
    lost = sum(damage.length for damage in journal.damage)
    state = (
        f"degraded: {len(checked.problems):,} problems, {lost:,} bytes cannot be read" if checked.problems else "whole"
    )
    beside = " (beside a running process, which holds the tables)" if checked.served else ""
    return (
        f"{settings.data_dir}: {state}. Journal: {journal.end:,} bytes in {journal.segments:,} segments, "
        f"{journal.listed:,} of them in the manifest{beside}."
    )
