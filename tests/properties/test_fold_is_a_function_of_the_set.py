"""Order, repeats and batching of events do not matter; a replay equals living through it (definitions, section 5)."""

import tempfile
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import pytest

from mmbatch_dash.store.database import Database
from mmbatch_dash.store.fold import Fold
from mmbatch_dash.store.fold.write import RETIRE_AT
from tests.effort import effort
from tests.properties.test_fold_agrees_with_the_reference import acceptable
from tests.reference.hard_worlds import build_hard_world
from tests.store.world import World


def shuffled_repeated_and_cut(events: list[dict[str, Any]], rng: Random) -> list[list[dict[str, Any]]]:
    """The events in another order, some of them again, in batches of any size."""
    again = events + rng.sample(events, len(events) // 5)
    rng.shuffle(again)
    cuts = sorted({0, len(again), *(rng.randrange(len(again)) for _ in range(6))})
    return [again[start:stop] for start, stop in pairwise(cuts)]


@pytest.mark.parametrize(("seed", "retire_at"), [(3, 4), (0, RETIRE_AT), (1, RETIRE_AT), (2, 0)][: effort(4, 2)])
def test_shuffled_repeated_and_rebatched_events_fold_to_equal_tables(seed: int, retire_at: int) -> None:
    events = acceptable(build_hard_world(seed, jobs=25))
    with tempfile.TemporaryDirectory() as folder:
        once = World(Path(folder) / "once", simulated=True)
        once.take(events)
        expected = once.tables()
        once.close()
        other = World(Path(folder) / "other", simulated=True, retire_at=retire_at)
        for batch in shuffled_repeated_and_cut(events, Random(seed)):
            other.take(batch)
        found = other.tables()
        other.close()
    assert found["jobs"]
    for table, rows in expected.items():
        assert found[table] == rows, table


@pytest.mark.parametrize("seed", [5])
def test_replaying_the_journal_gives_the_tables_that_living_through_it_gave(seed: int) -> None:
    events = acceptable(build_hard_world(seed, jobs=25))
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder), simulated=True)
        for batch in shuffled_repeated_and_cut(events, Random(seed)):
            world.take(batch)
        lived = world.tables()
        replayed = World.__new__(World)
        replayed.database = Database(Path(folder) / "again.duckdb")
        replayed.fold = Fold(replayed.database, world.journal)
        replayed.fold.fold_all()
        again = replayed.tables()
        replayed.fold.close()
        replayed.database.close()
        world.close()
    for table, rows in lived.items():
        assert again[table] == rows, table
