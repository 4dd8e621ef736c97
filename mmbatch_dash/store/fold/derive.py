"""Every step from a batch of journal lines to the tables, in order."""

from mmbatch_dash.store.fold.declared import Step, in_order, read_steps
from mmbatch_dash.store.fold.write import RETIRE_AT, write_steps


def all_steps(retire_at: int = RETIRE_AT) -> tuple[Step, ...]:
    """The steps of a batch, in the order to run them.

    Args:
        retire_at: how many ended jobs stay among the live ones.
    """
    return in_order((*read_steps(), *write_steps(retire_at)))
