"""Running the declared steps on one cursor, and leaving out those that have nothing to do."""

from collections.abc import Mapping, Sequence

import duckdb

from mmbatch_dash.store.fold.declared import Step, run_text


class Steps:
    """The steps on one cursor.

    Planning a step costs more than running it on a few events. A step that is left out has empty outputs, as if it had
    run on empty inputs: its temporary tables are kept from the last time it ran, emptied. One that never ran runs once,
    so that the tables are there.
    """

    def __init__(self, cursor: duckdb.DuckDBPyConnection, steps: Sequence[Step]) -> None:
        self._cursor = cursor
        self._steps = steps
        self._read = {table for step in steps for table in (*step.reads, *step.changes, *step.asks()[1])}
        self._made: dict[str, Step] = {}
        self._filled: set[str] = set()
        self._asked: dict[str, bool] = {}

    def run(self, given: Mapping[str, bool]) -> None:
        """Runs a batch through, in the caller's transaction.

        Args:
            given: truths that no step tells.
        """
        self._asked.clear()
        truths = dict(given)
        for step in self._steps:
            if step.is_needed(truths, self._has_rows):
                truths |= self._run(step)
                continue
            if self._read.intersection(step.makes) - self._made.keys():
                self._run(step)
            truths |= dict.fromkeys(step.tells, False)
            self._empty(step)

    def soil(self) -> None:
        """Counts every step's outputs as full, after another hand used their tables."""
        self._filled = set(self._made)

    def forget(self) -> None:
        """Counts no step as run, after a transaction was taken back with the tables made in it."""
        self._made.clear()
        self._filled.clear()

    def _run(self, step: Step) -> Mapping[str, bool]:
        step.run(self._cursor)
        told = dict(zip(step.tells, self._cursor.fetchall()[0], strict=True)) if step.tells else {}
        self._made |= dict.fromkeys(step.makes, step)
        self._filled |= {*step.makes, *step.changes}
        for table in (*step.makes, *step.changes):
            self._asked.pop(table, None)
        return told

    def _empty(self, step: Step) -> None:
        for table in step.makes:
            if table in self._filled and self._made[table] is step:
                run_text(self._cursor, f"TRUNCATE {table}")
                self._filled.discard(table)
                self._asked.pop(table, None)

    def _has_rows(self, table: str) -> bool:
        if table in self._made and table not in self._filled:
            return False
        if table not in self._asked:
            run_text(self._cursor, f"SELECT EXISTS (FROM {table})")
            self._asked[table] = bool(self._cursor.fetchall()[0][0])
        return self._asked[table]
