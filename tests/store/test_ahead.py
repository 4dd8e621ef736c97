"""Tables that know more than their journal are kept, said to be so, and go on with what comes."""

import shutil
from collections.abc import Callable

import pytest

from tests.reference.worked_example import WORKED_EXAMPLE
from tests.store.world import World

LATER = {
    "specversion": "1.0",
    "id": "later",
    "source": "after",
    "type": "mmbatch.job.submitted",
    "time": "2026-03-20T00:00:00Z",
    "data": {"job_id": "later", "queue": "align", "vcpus": 2},
}


@pytest.fixture
def orphaned(build_world: Callable[..., World]) -> World:
    """A world whose journal was emptied behind its back."""
    world = build_world()
    world.take(WORKED_EXAMPLE)
    world.close()
    before = World(world.folder)
    tables = before.tables()
    before.close()
    shutil.rmtree(world.folder / "journal")
    again = World(world.folder)
    assert again.tables() == tables
    return again


def test_an_emptied_journal_is_noted_with_how_much_of_it_is_missing(orphaned: World) -> None:
    [place] = orphaned.journal.damage.places
    assert (place.position, place.end, place.reason) == (0, orphaned.fold.position, "missing")
    orphaned.close()
    again = World(orphaned.folder)
    assert again.journal.damage.places == (place,)
    again.close()


def test_what_comes_after_an_emptied_journal_is_folded_beside_what_the_tables_know(orphaned: World) -> None:
    [[before]] = orphaned.rows("SELECT count(*) FROM jobs")
    assert orphaned.take([LATER]).accepted == 1
    assert orphaned.rows("SELECT count(*) FROM jobs") == [(before + 1,)]
    orphaned.close()
    again = World(orphaned.folder)
    again.fold.fold_all()
    assert again.rows("SELECT count(*) FROM jobs") == [(before + 1,)]
    again.close()
