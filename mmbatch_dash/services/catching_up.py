"""Waiting until the tables show what was taken in."""

from mmbatch_dash.store.fold import Fold
from mmbatch_dash.store.fold.worker import FoldWorker

FOLD_PATIENCE_SECONDS = 60.0


def fold_up_to(fold: Fold, worker: FoldWorker, position: int) -> None:
    """Returns when the tables show the journal up to a position, or after a minute of waiting for the worker."""
    if worker.runs:
        worker.wait_for(position, FOLD_PATIENCE_SECONDS)
    else:
        fold.fold_all()
