"""One batch of the fold: journal lines in, touched jobs derived anew, everything in one transaction.

The steps are set-based SQL (see steps/), so a batch costs about the same whether it holds ten events
or ten thousand. Nothing here reads a clock.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

import duckdb
import numpy as np
import pyarrow as pa

from mmbatch_dash.store.database import Database, get_meta, set_meta
from mmbatch_dash.store.fold.steps import read_step
from mmbatch_dash.store.fold.write import reopen_done, retire_ended, write_touched, write_untouched
from mmbatch_dash.store.journal import Journal
from mmbatch_dash.store.tables import PAIRS, journal_line_type, quoted

BATCH_BYTES = 48 * 1024 * 1024
STEPS_BEFORE_FACTS = ("20_instances", "25_nodes", "30_prices")
STEPS_OF_JOBS = (
    "50_attempts",
    "55_checkpoints",
    "60_progress",
    "65_protections",
    "70_neighbours",
    "72_repriced",
    "75_rates",
    "80_jobs",
)
POSITION = "folded_position"


@dataclass(frozen=True, slots=True)
class PricingSettings:
    """Settings that the figures depend on (api.md, pricing.* and aws.purchaseOptions).

    Attributes:
        region: region of attempts whose zone is unknown.
        assumed_spot_discount: share taken off the on-demand price where spot has no history; None assumes nothing.
        free_first_hour: whether an instance reclaimed within an hour of its launch is free.
        purchase_options: queue → spot or on-demand, where no event tells.
    """

    region: str = "us-east-1"
    assumed_spot_discount: float | None = None
    free_first_hour: bool = True
    purchase_options: Mapping[str, str] = field(default_factory=dict)


class Fold:
    """Brings the tables up to the journal, batch by batch. One thread at a time."""

    def __init__(self, database: Database, journal: Journal, pricing: PricingSettings | None = None) -> None:
        self._database = database
        self._journal = journal
        self._cursor = database.open_cursor()
        self._turn = threading.Lock()
        self._cursor.execute("SET TimeZone = 'UTC'")
        self._cursor.execute("CREATE OR REPLACE TEMP TABLE again (job_key UBIGINT)")
        self.set_pricing(pricing or PricingSettings())
        stored = get_meta(self._cursor, POSITION)
        self.position = int(stored) if stored else 0

    def set_pricing(self, pricing: PricingSettings) -> None:
        """Uses other pricing settings from the next batch on; jobs already folded keep theirs until `derive_again`."""
        with self._turn:
            self._cursor.execute(
                "CREATE OR REPLACE TEMP TABLE pricing AS SELECT ?::VARCHAR AS region, "
                "?::DOUBLE AS assumed_spot_discount, ?::BOOLEAN AS free_first_hour",
                [pricing.region, pricing.assumed_spot_discount, pricing.free_first_hour],
            )
            self._cursor.execute("CREATE OR REPLACE TEMP TABLE queue_options (queue VARCHAR, purchase_option VARCHAR)")
            if pricing.purchase_options:
                self._cursor.executemany(
                    "INSERT INTO queue_options VALUES (?, ?)", list(pricing.purchase_options.items())
                )

    def fold_batch(self, max_bytes: int = BATCH_BYTES) -> bool:
        """Folds the next lines of the journal; False when there were none."""
        with self._turn:
            data, position = self._journal.read(self.position, max_bytes)
            if not data:
                return False
            self._run(_lines_table(data, self.position), position)
            return True

    def fold_all(self) -> None:
        """Folds until nothing is left."""
        while self.fold_batch():
            pass

    def derive_again(self, job_keys: list[int]) -> None:
        """Derives jobs anew from their stored facts, as after a change of settings."""
        with self._turn:
            self._cursor.execute("INSERT INTO again SELECT unnest(?::UBIGINT[])", [job_keys])
            self._run(_lines_table(b"", self.position), self.position)

    def close(self) -> None:
        """Gives the cursor back."""
        with self._turn:
            self._cursor.close()

    def _run(self, lines: pa.Table, position: int) -> None:
        cursor = self._cursor
        with self._database.write_lock:
            cursor.register("lines", lines)
            cursor.execute("BEGIN")
            try:
                self._derive(cursor)
                set_meta(cursor, POSITION, str(position))
                cursor.execute("COMMIT")
            except BaseException:
                cursor.execute("ROLLBACK")
                raise
            finally:
                cursor.unregister("lines")
        self.position = position

    def _derive(self, cursor: duckdb.DuckDBPyConnection) -> None:
        line_type = "'" + journal_line_type().replace("'", "''") + "'"
        cursor.execute(read_step("10_batch").replace("$line_type", line_type))
        for step in STEPS_BEFORE_FACTS:
            cursor.execute(read_step(step))
        cursor.execute(read_step("40_touched"))
        cursor.execute("DELETE FROM again")
        reopen_done(cursor)
        cursor.execute(read_step("45_facts").replace("$fact_columns", quoted(PAIRS["facts"])))
        for step in STEPS_OF_JOBS:
            cursor.execute(read_step(step))
        write_touched(cursor)
        write_untouched(cursor)
        retire_ended(cursor)


def _lines_table(data: bytes, position: int) -> pa.Table:
    """Arrow table position (int64), line (string) of journal bytes that end with a newline."""
    lines = data.split(b"\n")[:-1]
    lengths = np.fromiter((len(line) + 1 for line in lines), np.int64, len(lines))
    starts = position + np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)[:-1]]) if lines else lengths
    return pa.table({"position": pa.array(starts, pa.int64()), "line": pa.array(lines, pa.binary()).cast(pa.string())})
