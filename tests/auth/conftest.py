"""Servers in the states a door can have."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from mmbatch_dash.domain.identity import Role
from tests.auth.house import STORES, House, open_house


@pytest.fixture(scope="session", autouse=True)
def _closed_store() -> Iterator[None]:
    """Closes what all servers of these tests read from."""
    yield
    while STORES:
        services = STORES.pop()
        services.close()
        shutil.rmtree(services.settings.data_dir)


@pytest.fixture
def house(tmp_path: Path) -> House:
    """Alice is admin, Rita reads."""
    house = open_house(tmp_path / "data")
    house.add_user("alice", Role.ADMIN)
    house.add_user("rita", Role.READER)
    return house


@pytest.fixture
def open_door(tmp_path: Path) -> House:
    """Nobody has to log in."""
    return open_house(tmp_path / "data")
