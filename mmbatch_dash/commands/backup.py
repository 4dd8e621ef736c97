"""`backup` and `restore`: what a server cannot make again, to a folder or an S3 bucket and back into a new folder."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import typer

from mmbatch_dash.commands.progress import progress_bar
from mmbatch_dash.services.backup import make_backup, restore_backup
from mmbatch_dash.services.backup.target import open_target
from mmbatch_dash.settings import Settings

DEGRADED = 1


def run_backup(settings: Settings, place: str, *, keep: int) -> None:
    """Makes a backup and says what it holds; exits 1 where something of the journal was damaged.

    Raises:
        MmbatchDashError: there is nothing to back up, or the place cannot be used.
    """
    with _showing("copying") as progress:
        made = make_backup(settings, open_target(place), keep=keep, progress=progress)
    record = made.record
    typer.echo(
        f"Backed up {settings.data_dir} to {place}: journal up to {record.position:,} and {len(record.files)} files; "
        f"{made.new_objects:,} new objects of {made.new_bytes:,} bytes, verified. {record.name}"
    )
    _end("damaged", made.warnings)


def run_restore(settings: Settings, place: str, *, name: str | None) -> None:
    """Makes the data directory from a backup; exits 1 where something of its journal is damaged.

    Raises:
        MmbatchDashError: the folder holds something already, or the backup cannot be read.
    """
    with _showing("restoring") as progress:
        restored = restore_backup(settings, open_target(place, must_exist=True), name=name, progress=progress)
    record = restored.record
    typer.echo(
        f"Restored {settings.data_dir} as of {record.made_at:%Y-%m-%d %H:%M:%S} UTC: journal up to {record.position:,} "
        f"and {len(record.files)} files. The tables are made from the journal when the server starts."
    )
    _end("damaged when it was backed up", restored.damage)


@contextmanager
def _showing(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on the terminal, moved on by what it gives: how far, of how much."""
    with progress_bar() as progress:
        task = progress.add_task(what, total=None)
        yield lambda done, end: progress.update(task, completed=done, total=end)


def _end(lead: str, damage: Sequence[str]) -> None:
    """Says what is damaged; exits 1 where anything is."""
    for one in damage:
        typer.echo(f"{lead}: {one}", err=True)
    if damage:
        sys.exit(DEGRADED)
