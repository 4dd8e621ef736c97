"""What the tables would say if other entries were left out: folded on the side, in a folder of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from mmbatch_dash.domain.disowning import Disowned
from mmbatch_dash.domain.selection import Selection
from mmbatch_dash.store.database import Database
from mmbatch_dash.store.fold.fold import BATCH_BYTES, Fold, lines_table
from mmbatch_dash.store.fold.leaving_out import leave_out
from mmbatch_dash.store.fold.settings import PricingSettings
from mmbatch_dash.store.journal import Journal
from mmbatch_dash.store.queries.totals import fetch_totals
from mmbatch_dash.store.shipped import load_shipped

MEMORY_LIMIT = "300MB"


@dataclass(frozen=True, slots=True)
class Preview:
    """What leaving entries out would do.

    Attributes:
        entries: how many entries it is about.
        totals: the totals of all jobs without what would be left out then; None where that was not asked for.
    """

    entries: int
    totals: pd.DataFrame | None


def preview(
    journal: Journal, pricing: PricingSettings, wanted: Disowned, then: Sequence[Disowned], *, with_totals: bool
) -> Preview:
    """What would come of leaving out `then`, and how many entries `wanted` is about.

    Args:
        journal: what is told.
        pricing: the settings in force.
        wanted: what is asked about.
        then: all that would be left out.
        with_totals: fold everything for it, which takes as long as making the tables anew.
    """
    with TemporaryDirectory(prefix="mmbatch-preview-") as folder:
        database = Database(Path(folder) / "preview.duckdb", memory_limit=MEMORY_LIMIT)
        try:
            entries = _count_entries(database, journal, wanted)
            if not with_totals:
                return Preview(entries, None)
            load_shipped(database)
            fold = Fold(database, journal, pricing, disowned=tuple(then))
            fold.fold_all()
            fold.close()
            with database.snapshot() as cursor:
                return Preview(entries, fetch_totals(cursor, Selection()))
        finally:
            database.abandon()


def _count_entries(database: Database, journal: Journal, wanted: Disowned) -> int:
    found, position, end = 0, 0, journal.end
    with database.cursor() as cursor:
        while position < end and (stretch := journal.read(position, BATCH_BYTES)).end > position:
            lines = lines_table(stretch.data, stretch.begin)
            found += len(lines) - len(leave_out(cursor, lines, [wanted]))
            position = stretch.end
    return found
