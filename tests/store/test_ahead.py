"""A store and a journal that do not belong together are told apart at the door."""

import shutil
from collections.abc import Callable

import pytest

from mmbatch_dash.domain.errors import StoreUnavailable
from tests.reference.worked_example import WORKED_EXAMPLE
from tests.store.world import World


def test_a_store_ahead_of_its_journal_is_refused_with_the_remedy(build_world: Callable[..., World]) -> None:
    world = build_world()
    world.take(WORKED_EXAMPLE)
    world.close()
    shutil.rmtree(world.folder / "journal")
    with pytest.raises(StoreUnavailable, match="ahead of its journal.*rebuild"):
        World(world.folder)
