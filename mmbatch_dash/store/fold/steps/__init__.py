"""The steps of the fold, as SQL scripts that run in the order of their numbers."""

import re
from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import duckdb

_OUTPUT = re.compile(r"CREATE OR REPLACE TEMP TABLE (\w+)")


@cache
def read_step(name: str) -> str:
    """The text of one step, by file name without ending."""
    return files(__name__).joinpath(f"{name}.sql").read_text(encoding="utf-8")


class Steps:
    """Runs steps on one cursor, and leaves out those that have nothing to do.

    Planning a step costs more than running it on a few events. A step that is left out has empty outputs, as if it had
    run on empty inputs: its temporary tables are kept from the last time it ran, emptied.
    """

    def __init__(self, cursor: duckdb.DuckDBPyConnection) -> None:
        self._cursor = cursor
        self._made: set[str] = set()
        self._filled: set[str] = set()

    def run(self, name: str, needed: bool = True, **values: str) -> None:
        """Runs a step, with `$name` in its text replaced by values; or empties what it left the last time."""
        if needed or name not in self._made:
            script = read_step(name)
            for key, value in values.items():
                script = script.replace(f"${key}", value)
            self._cursor.execute(script)
            self._made.add(name)
            self._filled.add(name)
        elif name in self._filled:
            for table in _OUTPUT.findall(read_step(name)):
                self._cursor.execute(f"TRUNCATE {table}")
            self._filled.discard(name)

    def ask(self, name: str, needed: bool = True) -> Mapping[str, bool]:
        """The one row of truths that a step ends with; all of them false where it is left out."""
        self.run(name, needed)
        if not needed:
            return defaultdict(bool)
        rows = self._cursor.fetchall()
        return dict(zip((column[0] for column in self._cursor.description or ()), rows[0], strict=True))

    def has(self, table: str) -> bool:
        """Whether a table has any row."""
        return bool(self._cursor.execute(f"SELECT EXISTS (FROM {table})").fetchall()[0][0])

    def soil(self) -> None:
        """Counts every step's outputs as full, after another hand used their tables."""
        self._filled = set(self._made)

    def forget(self) -> None:
        """Counts no step as run, after a transaction was taken back with the tables made in it."""
        self._made.clear()
        self._filled.clear()
