"""A receiver, a clock, and a watch whose findings the test decides."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mmbatch_dash.domain.alerts.incidents import Finding, Place
from mmbatch_dash.domain.config import Config, parse_config
from mmbatch_dash.services.alerts.sending import Sending
from mmbatch_dash.services.alerts.watch import Alerts
from mmbatch_dash.store.documents.files import FileDocuments
from tests.alerts.receiver import Receiver, receiving
from tests.api.conftest import Server, start

__all__ = ["Server", "start"]

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as one:
        yield one


class Watched:
    """A watch over findings and a clock that only the test moves.

    Attributes:
        wrong: what is wrong now, by rule and group.
    """

    def __init__(self, folder: Path, address: str, **more: Any) -> None:
        self.folder, self.now = folder, NOON
        self.wrong: dict[Place, Finding] = {}
        alerts = {"channels": {"ops": {"url": f"{address}/hook"}}, "tell": ["ops"], **more}
        self.config: Config = parse_config({"alerts": alerts})

    def open(self) -> Alerts:
        """The watch, from what stands on disk."""
        return Alerts(
            FileDocuments(self.folder), lambda: self.config, lambda _now: self.wrong, Sending(), lambda: self.now
        )

    def look(self, *, seconds: float = 0) -> None:
        """A server that starts, looks once, and is gone."""
        self.now += timedelta(seconds=seconds)
        self.open().look()

    def wave(self, *, group: str = "", held: timedelta = timedelta(0)) -> None:
        """Something goes wrong."""
        self.wrong[("reclaim-wave", group)] = Finding(7.0, "reclaims 7 in 10 min, over 4", held, ())


@pytest.fixture
def watched(tmp_path: Path, receiver: Receiver) -> Watched:
    return Watched(tmp_path, receiver.address)
