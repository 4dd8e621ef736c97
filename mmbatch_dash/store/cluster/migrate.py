"""The tables in the shared database: made and changed here and nowhere else, one file a change, each once."""

from importlib.resources import files
from typing import TYPE_CHECKING

from mmbatch_dash import __version__
from mmbatch_dash.domain.errors import StoreUnavailable
from mmbatch_dash.store.cluster.postgres import SCHEMA, Postgres

if TYPE_CHECKING:
    from mmbatch_dash.store.cluster.postgres import Rows

_LOCK = 0x6D6D6261
"""Key of the advisory lock that two who migrate at once take turns by."""
_BEGIN = f"""
CREATE SCHEMA IF NOT EXISTS {SCHEMA};
CREATE TABLE IF NOT EXISTS {SCHEMA}.migrations (
    name text PRIMARY KEY, program text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now()
)
"""
BEHIND = (
    "The database at {place} lacks what this program needs ({missing}): run `mmbatch-dash cluster migrate` once, then "
    "start the servers."
)
AHEAD = (
    "The database at {place} was migrated by a newer program ({more}), and this is {version}: start the newer program."
)


def list_migrations() -> list[str]:
    """Names of all changes, in order."""
    folder = files("mmbatch_dash.store.cluster").joinpath("migrations")
    return sorted(file.name.removesuffix(".sql") for file in folder.iterdir() if file.name.endswith(".sql"))


def migrate(postgres: Postgres) -> list[str]:
    """Names of the changes that were made now, all of them in one transaction; none where all had been.

    Raises:
        StoreUnavailable: the database cannot be asked, or a newer program has migrated it.
    """
    folder = files("mmbatch_dash.store.cluster").joinpath("migrations")

    def change(cursor: "Rows") -> list[str]:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        cursor.execute(_BEGIN)
        done = _applied(cursor)
        _refuse_newer(postgres, done)
        missing = [name for name in list_migrations() if name not in done]
        for name in missing:
            cursor.execute(folder.joinpath(f"{name}.sql").read_text(encoding="utf-8").encode())
            cursor.execute(f"INSERT INTO {SCHEMA}.migrations VALUES (%s, %s)", [name, __version__])
        return missing

    return postgres.run(change)


def require_migrated(postgres: Postgres) -> None:
    """Nothing, where the database is as this program needs it.

    Raises:
        StoreUnavailable: it is not, with what to do; or it cannot be asked.
    """
    with postgres.transaction() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [f"{SCHEMA}.migrations"])
        done = _applied(cursor) if cursor.fetchall() == [(True,)] else set()
    _refuse_newer(postgres, done)
    if missing := [name for name in list_migrations() if name not in done]:
        raise StoreUnavailable(BEHIND.format(place=postgres.place, missing=", ".join(missing)))


def _applied(cursor: "Rows") -> set[str]:
    cursor.execute(f"SELECT name FROM {SCHEMA}.migrations")
    return {str(name) for (name,) in cursor.fetchall()}


def _refuse_newer(postgres: Postgres, done: set[str]) -> None:
    if more := done - set(list_migrations()):
        raise StoreUnavailable(AHEAD.format(place=postgres.place, more=", ".join(sorted(more)), version=__version__))
