"""What a command settles in Python for its work is as it was afterwards."""

import gc
import sys

from mmbatch_dash.commands.tuning import SWITCH_SECONDS, sharing_time


def test_a_block_that_shares_time_leaves_the_interpreter_as_it_was() -> None:
    before = (gc.get_threshold(), sys.getswitchinterval(), gc.get_freeze_count())
    with sharing_time():
        assert abs(sys.getswitchinterval() - SWITCH_SECONDS) < 1e-6
        assert gc.get_freeze_count() > 0
    assert (gc.get_threshold(), sys.getswitchinterval(), gc.get_freeze_count()) == (*before[:2], 0)
