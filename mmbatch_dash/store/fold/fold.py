"""One batch of the fold: journal lines in, touched jobs derived anew, everything in one transaction.

The steps are set-based SQL (see steps/), so a batch costs about the same whether it holds a thousand events
or ten thousand. Nothing here reads a clock.
"""

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import TypeVar

import duckdb
import numpy as np
import pyarrow as pa

from mmbatch_dash.domain.disowning import Disowned
from mmbatch_dash.store.compaction import merge_counts
from mmbatch_dash.store.database import FOLDED_POSITION, Database, get_meta, set_meta
from mmbatch_dash.store.fold.beats import record_quiet, split_quiet
from mmbatch_dash.store.fold.derive import all_steps
from mmbatch_dash.store.fold.leaving_out import leave_out
from mmbatch_dash.store.fold.pending import cost_chunk, count_pending, has_pending, take_whole
from mmbatch_dash.store.fold.removing import note_removal, remove_chunk
from mmbatch_dash.store.fold.running import Steps
from mmbatch_dash.store.fold.settings import PricingSettings, hand_to_steps, remember_settings
from mmbatch_dash.store.fold.write import RETIRE_AT
from mmbatch_dash.store.journal import Journal
from mmbatch_dash.store.rollup import roll_stale, roll_where_missing

BATCH_BYTES = 128 * 1024 * 1024
"""More than a segment of the journal holds, since a batch is of one segment: who is behind folds it whole. With as much
as a segment, what its last append added was a tiny batch of its own, at the fixed cost of a large one."""
MERGE_EVERY = 5_000
"""Batches after which the counts of events are brought together; each batch adds a few rows to them."""

Result = TypeVar("Result")


class Fold:
    """Brings the tables up to the journal, batch by batch. One thread at a time.

    Attributes:
        position: up to where of the journal the tables are made.
        pricing: the settings in use.
        on_caught_up: called when nothing is left to be done; whether it changed what is shown.
    """

    def __init__(
        self,
        database: Database,
        journal: Journal,
        pricing: PricingSettings | None = None,
        *,
        retire_at: int = RETIRE_AT,
        disowned: Sequence[Disowned] = (),
        remove_before: datetime | None = None,
    ) -> None:
        """Takes up where the tables stand.

        Args:
            database: the tables.
            journal: what to fold.
            pricing: the settings in force.
            retire_at: how many ended jobs stay among the live ones.
            disowned: entries to leave out; the tables must have been made without the same ones so far.
            remove_before: time before which jobs that ended leave the lists; None keeps all.
        """
        self._disowned = disowned
        self._remove_before = remove_before
        self._journal = journal
        self._retire_at = retire_at
        self.pricing = pricing or PricingSettings()
        self._turn = threading.Lock()
        self._batches = 0
        self.on_caught_up: Callable[[], bool] = lambda: False
        self._begin(database)

    def move_to(self, database: Database) -> None:
        """Goes on with other tables, from where they stand."""
        with self._turn:
            with suppress(duckdb.Error):  # of tables that are damaged, not even the cursor may close
                self._cursor.close()
            self._begin(database)

    def leave_out(self, disowned: Sequence[Disowned], make: Callable[[], Database]) -> None:
        """Goes on with tables that are made now, between two batches, and leaves other entries out of them."""
        with self._turn:
            with suppress(duckdb.Error):
                self._cursor.close()
            database = make()
            self._disowned = disowned
            self._begin(database)

    def change_tables(self, make: Callable[[], Database]) -> None:
        """Goes on with tables that are made now, between two batches, from where those stand."""
        with self._turn:
            database, before = make(), self._cursor
            self._begin(database)
            before.close()

    def set_pricing(self, pricing: PricingSettings) -> None:
        """Uses other pricing settings from the next batch on; what is folded already follows by `catch_up`."""
        with self._turn:
            self._use(pricing)

    def set_removal(self, before: datetime | None) -> None:
        """Lets jobs that ended before a time leave the lists, or none; it is done by `catch_up`."""
        with self._turn:
            self._remove_before, self._may_remove = before, True
            with self._database.write_lock:
                self._transact(lambda cursor: note_removal(cursor, before))

    def fold_batch(self, max_bytes: int = BATCH_BYTES) -> bool:
        """Folds the next lines of the journal; False when there were none."""
        with self._turn:
            stretch = self._journal.read(self.position, max_bytes)
            if stretch.end == self.position:
                return False
            lines = lines_table(stretch.data, stretch.begin)
            if self._disowned:
                lines = leave_out(self._cursor, lines, self._disowned)
            self._run(lines, stretch.end)
            return True

    def catch_up(self) -> bool:
        """Does a chunk of what waits; False when nothing does.

        Jobs that a price or a setting changed are costed or derived again, then those not kept any longer leave the
        lists.
        """
        with self._turn:
            if has_pending(self._cursor):
                self._catch_up()
                return True
            if self._remove():
                return True
        return self.on_caught_up()

    def pending(self) -> int:
        """How many jobs wait to be costed or derived again."""
        with self._database.cursor() as cursor:
            return count_pending(cursor)

    @property
    def is_removing(self) -> bool:
        """Whether jobs are on their way out of the lists, as far as is known."""
        return self._remove_before is not None and self._may_remove

    def fold_all(self) -> None:
        """Folds until nothing is left."""
        while self.fold_batch() or self.catch_up():
            pass

    def close(self) -> None:
        """Gives the cursor back."""
        with self._turn:
            self._cursor.close()

    def _begin(self, database: Database) -> None:
        self._database = database
        self._may_remove = True
        self._cursor = database.open_cursor()
        self._steps = Steps(self._cursor, all_steps(self._retire_at))
        self._cursor.execute("SET TimeZone = 'UTC'")
        self._cursor.execute("CREATE OR REPLACE TEMP TABLE again (job_key UBIGINT)")
        with self._database.write_lock:
            self._transact(roll_where_missing)
            self._transact(merge_counts)
        self._use(self.pricing)
        with self._database.write_lock:
            self._transact(lambda cursor: note_removal(cursor, self._remove_before))
        stored = get_meta(self._cursor, FOLDED_POSITION)
        self.position = int(stored) if stored else 0
        # The tables know more than the journal: they are kept, and what is new comes after what they know.
        self._journal.go_on_from(self.position)

    def _use(self, pricing: PricingSettings) -> None:
        self.pricing = pricing
        with self._database.write_lock:
            hand_to_steps(self._cursor, pricing)
            self._transact(lambda cursor: remember_settings(cursor, pricing))

    def _catch_up(self) -> None:
        if whole := take_whole(self._cursor):
            self._again(whole)
            return
        with self._database.write_lock:
            self._steps.soil()
            self._transact(cost_chunk)

    def _remove(self) -> bool:
        if (before := self._remove_before) is None or not self._may_remove:
            return False
        with self._database.write_lock:
            self._may_remove = self._transact(lambda cursor: remove_chunk(cursor, before))
        return self._may_remove

    def _again(self, job_keys: list[int]) -> None:
        self._cursor.execute("DELETE FROM again; INSERT INTO again SELECT unnest(?::UBIGINT[])", [job_keys])
        self._run(lines_table(b"", self.position), self.position, again=True)

    def _run(self, lines: pa.Table, position: int, *, again: bool = False) -> None:
        def derive(cursor: duckdb.DuckDBPyConnection) -> None:
            if len(rest) or again:
                self._steps.run({"again": again})
            if quiet:
                record_quiet(cursor, quiet)
            if again:
                cursor.execute("DELETE FROM again")
            self._batches += 1
            if self._batches % MERGE_EVERY == 0:
                merge_counts(cursor)
            set_meta(cursor, FOLDED_POSITION, str(position))

        with self._database.write_lock:
            rest, quiet = split_quiet(self._cursor, lines)
            self._cursor.register("lines", rest)
            try:
                self._transact(derive)
            finally:
                self._cursor.unregister("lines")
        self.position, self._may_remove = position, True

    def _transact(self, change: Callable[[duckdb.DuckDBPyConnection], Result]) -> Result:
        self._cursor.execute("BEGIN")
        try:
            result = change(self._cursor)
            roll_stale(self._cursor)
            self._cursor.execute("COMMIT")
        except BaseException:
            self._cursor.execute("ROLLBACK")
            self._steps.forget()
            raise
        return result


def lines_table(data: bytes, position: int) -> pa.Table:
    """Arrow table position (int64), line (string, newline included) of journal bytes that end with a newline.

    Blank lines, which stand for what is damaged or was thinned, are left out.
    """
    ends = np.flatnonzero(np.frombuffer(data, np.uint8) == ord("\n")) + 1
    offsets = np.concatenate([np.zeros(1, np.int64), ends])
    lines = pa.LargeStringArray.from_buffers(len(ends), pa.py_buffer(offsets), pa.py_buffer(data))
    lines.validate(full=True)
    table = pa.table({"position": pa.array(position + offsets[:-1]), "line": lines})
    written = np.frombuffer(data, np.uint8)[offsets[:-1]] == ord("{")
    return table if written.all() else table.filter(pa.array(written))
