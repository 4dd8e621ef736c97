"""`backup` and `restore`: what a server cannot make again, to a folder or an S3 bucket and back into a new folder."""

import sys

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
    with progress_bar() as progress:
        task = progress.add_task("copying", total=None)
        made = make_backup(
            settings,
            open_target(place),
            keep=keep,
            progress=lambda done, end: progress.update(task, completed=done, total=end),
        )
    record = made.record
    typer.echo(
        f"Backed up {settings.data_dir} to {place}: journal up to {record.position:,} and {len(record.files)} files; "
        f"{made.new_objects:,} new objects of {made.new_bytes:,} bytes, verified. {record.name}"
    )
    for warning in made.warnings:
        typer.echo(f"damaged: {warning}", err=True)
    if made.warnings:
        sys.exit(DEGRADED)


def run_restore(settings: Settings, place: str, *, name: str | None) -> None:
    """Makes the data directory from a backup; exits 1 where something of its journal is damaged.

    Raises:
        MmbatchDashError: the folder holds something already, or the backup cannot be read.
    """
    with progress_bar() as progress:
        task = progress.add_task("restoring", total=None)
        restored = restore_backup(
            settings,
            open_target(place, must_exist=True),
            name=name,
            progress=lambda done, end: progress.update(task, completed=done, total=end),
        )
    record = restored.record
    typer.echo(
        f"Restored {settings.data_dir} as of {record.made_at:%Y-%m-%d %H:%M:%S} UTC: journal up to {record.position:,} "
        f"and {len(record.files)} files. The tables are made from the journal when the server starts."
    )
    for damage in restored.damage:
        typer.echo(f"damaged when it was backed up: {damage}", err=True)
    if restored.damage:
        sys.exit(DEGRADED)
