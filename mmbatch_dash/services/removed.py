"""What of the selected jobs is in no list any more."""

from mmbatch_dash.domain.selection import Selection
from mmbatch_dash.metrics.summary import Removed
from mmbatch_dash.store.database import Database
from mmbatch_dash.store.fold.removing import removed_before
from mmbatch_dash.store.queries.totals import counts_removed, fetch_removed
from mmbatch_dash.store.rollup import has_removed


def read_removed(database: Database, selection: Selection) -> Removed:
    """How many of the selected jobs those are, and whether they are in its totals."""
    with database.snapshot() as cursor:
        if not has_removed(cursor):
            return Removed()
        jobs = int(fetch_removed(cursor, selection)["jobs"].iloc[0])
        return Removed(jobs, removed_before(cursor), counts_removed(selection))
