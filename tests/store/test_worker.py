"""The thread that folds gives everything that waits its turn."""

from collections.abc import Callable
from typing import Any, cast

import pytest

from mmbatch_dash.store.fold import Fold
from mmbatch_dash.store.fold import worker as working
from mmbatch_dash.store.fold.running import Steps
from mmbatch_dash.store.fold.worker import BACKLOG_BYTES, MOST_PAUSE_SECONDS, FoldWorker, pause_after
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


class Clock:
    """A clock that stands still until it is told to go on."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


def test_the_lag_is_that_of_the_oldest_event_that_is_not_shown_through_any_number_of_batches(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock, fold, journal = Clock(), BusyFold(), Growing()
    monkeypatch.setattr(working, "time", clock)
    fold.position = journal.end
    worker = FoldWorker(cast("Fold", fold), cast("Journal", journal))
    assert worker.lag_seconds == 0

    def append(count: int, *, after: float) -> None:
        clock.now += after
        journal.end += count
        journal.on_append(journal.end)

    def fold_up_to(position: int) -> None:
        fold.position = position
        worker._note_folded()

    append(500, after=0.0)
    append(500, after=3.0)
    append(500, after=3.0)
    assert worker.lag_seconds == 6.0
    fold_up_to(1300)
    assert worker.lag_seconds == 6.0, "a part of the first append still waits"
    fold_up_to(1500)
    assert worker.lag_seconds == 3.0
    fold_up_to(2500)
    assert worker.lag_seconds == 0
    append(500, after=60.0)
    clock.now += 1.0
    assert worker.lag_seconds == 1.0


def test_the_rest_after_a_batch_follows_what_it_cost_and_what_waits() -> None:
    assert pause_after(0.01, 0) == pytest.approx(0.07)
    assert pause_after(0.3, 0) == MOST_PAUSE_SECONDS
    assert pause_after(0.3, BACKLOG_BYTES // 2) == MOST_PAUSE_SECONDS / 2
    assert pause_after(0.3, BACKLOG_BYTES) == 0 == pause_after(0.3, 2 * BACKLOG_BYTES)


def test_looking_for_jobs_that_wait_leaves_nothing_to_be_emptied_where_none_does(
    build_world: Callable[..., World], monkeypatch: pytest.MonkeyPatch
) -> None:
    world = build_world()
    world.take(WORKED_EXAMPLE)
    soiled: list[Steps] = []
    monkeypatch.setattr(Steps, "soil", soiled.append)
    assert not world.fold.catch_up()
    assert soiled == []
