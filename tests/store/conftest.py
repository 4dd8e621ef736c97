"""Worlds for store tests."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.store.world import World


@pytest.fixture
def build_world(tmp_path: Path) -> Iterator[Callable[..., World]]:
    """Makes worlds in folders of their own; all are closed after the test."""
    worlds: list[World] = []

    def build(**options: Any) -> World:
        worlds.append(World(tmp_path / f"world-{len(worlds)}", **options))
        return worlds[-1]

    yield build
    for world in worlds:
        if not world.closed:
            world.close()


@pytest.fixture
def world(build_world: Callable[..., World]) -> World:
    """One world."""
    return build_world()
