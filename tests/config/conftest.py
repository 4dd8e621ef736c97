"""A configuration store of its own for each test, with a clock that ticks."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from mmbatch_dash.store.config.store import ConfigStore

HAND_WRITTEN = Path(__file__).parent / "hand_written.yaml"
MakeStore = Callable[..., ConfigStore]


@pytest.fixture
def clock() -> Callable[[], datetime]:
    ticks = count()
    return lambda: datetime(2026, 3, 1, tzinfo=UTC) + timedelta(seconds=next(ticks))


@pytest.fixture
def store(tmp_path: Path, clock: Callable[[], datetime]) -> ConfigStore:
    return ConfigStore(tmp_path, environ={}, clock=clock)


@pytest.fixture
def hand_written(tmp_path: Path, clock: Callable[[], datetime]) -> ConfigStore:
    (tmp_path / "config.yaml").write_text(HAND_WRITTEN.read_text())
    return ConfigStore(tmp_path, environ={}, clock=clock)
