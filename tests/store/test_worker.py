"""The thread that folds gives everything that waits its turn."""

from collections.abc import Callable
from typing import Any, cast

import pytest

from mmbatch_dash.store.fold import Fold
from mmbatch_dash.store.fold.running import Steps
from mmbatch_dash.store.fold.worker import FoldWorker
from mmbatch_dash.store.journal import Journal
from tests.reference.worked_example import WORKED_EXAMPLE
from tests.store.world import World


class BusyFold:
    """A fold for which new events keep coming."""

    position = 0

    def __init__(self) -> None:
        self.chunks = 0

    def fold_batch(self) -> bool:
        return True

    def catch_up(self) -> bool:
        self.chunks += 1
        return True


class Growing:
    """A journal of which some is always left."""

    end = 1000
    on_append: Any = None


def test_jobs_that_wait_to_be_costed_again_get_their_turn_while_events_keep_coming() -> None:
    fold = BusyFold()
    worker = FoldWorker(cast("Fold", fold), cast("Journal", Growing()))
    for _ in range(3):
        assert worker._work()
    assert fold.chunks == 3


def test_looking_for_jobs_that_wait_leaves_nothing_to_be_emptied_where_none_does(
    build_world: Callable[..., World], monkeypatch: pytest.MonkeyPatch
) -> None:
    world = build_world()
    world.take(WORKED_EXAMPLE)
    soiled: list[Steps] = []
    monkeypatch.setattr(Steps, "soil", soiled.append)
    assert not world.fold.catch_up()
    assert soiled == []
