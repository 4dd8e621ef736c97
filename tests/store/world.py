"""A journal, a store and a fold in a folder of a test's own, fed with native events."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from mmbatch_dash.adapters.cloudevents import read_batch
from mmbatch_dash.domain.disowning import Disowned
from mmbatch_dash.domain.facts import Entry, Rejection
from mmbatch_dash.services.intake import Intake, Receipt
from mmbatch_dash.store.database import Database
from mmbatch_dash.store.fold import Fold, PricingSettings
from mmbatch_dash.store.fold.write import RETIRE_AT
from mmbatch_dash.store.journal import FileJournal
from mmbatch_dash.store.tables import PAIRS

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
VOLATILE = ("received_at", "position")
"""What says how a fact arrived, not what it says."""


class World:
    """Everything below the services, opened on one folder."""

    def __init__(
        self,
        folder: Path,
        pricing: PricingSettings | None = None,
        *,
        segment_bytes: int = 1 << 26,
        simulated: bool = False,
        retire_at: int = RETIRE_AT,
        disowned: Sequence[Disowned] = (),
    ) -> None:
        self.folder = folder
        self.closed = False
        self.journal = FileJournal(folder / "journal", clock=lambda: NOW, segment_bytes=segment_bytes)
        self.database = Database(folder / "store.duckdb")
        self.fold = Fold(self.database, self.journal, pricing, retire_at=retire_at, disowned=disowned)
        self.intake = Intake(self.journal, lambda: NOW, simulated=simulated)

    def take(self, events: Iterable[Mapping[str, Any]]) -> Receipt:
        """Takes events in and folds them."""
        receipt = self.intake.take(read_batch(events))
        self.fold.fold_all()
        return receipt

    def take_items(self, items: Iterable[Entry | Rejection]) -> Receipt:
        """Takes entries of any adapter in and folds them."""
        receipt = self.intake.take(items)
        self.fold.fold_all()
        return receipt

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """What a query gives."""
        with self.database.cursor() as cursor:
            return cursor.execute(sql, list(parameters)).fetchall()

    def frame(self, table: str) -> pd.DataFrame:
        """A whole table or view."""
        with self.database.cursor() as cursor:
            return cursor.execute(f"SELECT * FROM {table}").df()  # noqa: S608 - a table name written in a test

    def tables(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every derived table as sorted rows, without what says how a fact arrived."""
        found = {}
        for table in (*PAIRS, "instances", "nodes", "notices", "price_spans", "free_instances", "parents"):
            columns = [row[0] for row in self.rows(f"DESCRIBE {table}")]
            kept = ", ".join(f'"{name}"' for name in columns if name not in VOLATILE)
            found[table] = sorted(self.rows(f"SELECT {kept} FROM {table}"), key=repr)  # noqa: S608
        return found

    def close(self) -> None:
        """Closes everything, in order."""
        self.closed = True
        self.journal.close()
        self.fold.close()
        self.database.close()
