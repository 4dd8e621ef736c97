"""Servers in the states a door can have."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mmbatch_dash.domain.identity import Role
from tests.auth.house import House, open_house


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """Alice is admin, Rita reads."""
    house = open_house(tmp_path / "data")
    house.add_user("alice", Role.ADMIN)
    house.add_user("rita", Role.READER)
    yield house
    house.services.close()


@pytest.fixture
def open_door(tmp_path: Path) -> Iterator[House]:
    """Nobody has to log in."""
    house = open_house(tmp_path / "data")
    yield house
    house.services.close()
