"""`cluster`: what several servers share: its tables, and moving a journal into it.

Imports what a command needs when it runs, so that `--help` answers at once.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from mmbatch_dash.store.cluster.postgres import Postgres

app = typer.Typer(name="cluster", help="Several servers on one PostgreSQL database.", no_args_is_help=True)

DataDir = Annotated[
    Path | None,
    typer.Option("--data-dir", help="Folder that holds everything a server owns.", envvar="MMBATCH_DASH_DATA_DIR"),
]
NOT_SET = (
    "cluster.postgres is not set: give it in MMBATCH_DASH__CLUSTER__POSTGRES or in the config.yaml of --data-dir, as "
    "postgresql://user@host:port/database or as the path of a file that holds that."
)


@app.command()
def migrate(data_dir: DataDir = None) -> None:
    """Make or change the tables in the shared database; nothing else does. Once before the servers of a new version."""
    from mmbatch_dash.store.cluster.migrate import migrate as migrate_database

    with _database(data_dir) as postgres:
        made = migrate_database(postgres)
        if made:
            typer.echo(f"Migrated {postgres.place}: {', '.join(made)}.")
        else:
            typer.echo(f"{postgres.place} is as this program needs it.")


@app.command()
def load(
    source: Annotated[Path, typer.Argument(help="Data directory of a server that served alone, and is stopped.")],
    data_dir: DataDir = None,
) -> None:
    """Move journal, configuration, users and tokens into the shared database; what is there already stays as it is."""
    from mmbatch_dash.commands.progress import progress_bar
    from mmbatch_dash.services.loading import load_journal
    from mmbatch_dash.services.loading_documents import load_documents
    from mmbatch_dash.settings import build_settings
    from mmbatch_dash.store.cluster.documents import PostgresDocuments

    with _database(data_dir) as postgres, progress_bar() as progress:
        task = progress.add_task("loading", total=None)
        loaded = load_journal(
            build_settings(source), postgres, lambda done, end: progress.update(task, completed=done, total=end)
        )
        place, moved = postgres.place, load_documents(source, PostgresDocuments(postgres))
    typer.echo(f"{loaded.new:,} lines are new at {place}, {loaded.known:,} say what had been told before.")
    if moved:
        typer.echo(f"Moved: {', '.join(moved)}.")
    if loaded.damaged_places:
        typer.echo(
            f"{loaded.damaged_places:,} places of the journal could not be read and are missing there.", err=True
        )
        raise typer.Exit(3)


@contextmanager
def _database(data_dir: Path | None) -> Iterator["Postgres"]:
    from mmbatch_dash.domain.errors import MmbatchDashError
    from mmbatch_dash.settings import build_settings
    from mmbatch_dash.store.cluster.address import read_address
    from mmbatch_dash.store.cluster.postgres import Postgres
    from mmbatch_dash.store.config.shared_database import read_shared_database

    given = read_shared_database(build_settings(data_dir).data_dir)
    if not given:
        raise MmbatchDashError(NOT_SET)
    postgres = Postgres(read_address(given))
    try:
        yield postgres
    finally:
        postgres.close()
