"""What holds at once, and what waits for a restart."""

import logging
import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mmbatch_dash.pages.defaults import LiveDefaults, PageDefaults
from mmbatch_dash.services.applying import Applying, Pending, take_restart_wish
from mmbatch_dash.services.obedience import Obedience
from mmbatch_dash.store.config.store import ConfigStore
from mmbatch_dash.store.documents.files import FileDocuments


@pytest.fixture
def store(tmp_path: Path) -> ConfigStore:
    return ConfigStore(tmp_path, environ={})


@pytest.fixture
def applied(tmp_path: Path, store: ConfigStore) -> Iterator[Applying]:
    package = logging.getLogger("mmbatch_dash")
    level = package.level
    obedience = Obedience(
        FileDocuments(tmp_path), lambda queue: ("e", 1), lambda: timedelta(minutes=5), lambda: datetime.now(UTC)
    )
    made = Applying(store.current, obedience, tmp_path)
    yield made
    made.stop()
    package.setLevel(level)


def test_a_changed_log_level_holds_at_the_next_look(tmp_path: Path, store: ConfigStore, applied: Applying) -> None:
    applied.write_log(tmp_path / "logs")
    store.apply({"log.level": "debug"}, who="Alice", origin="page")
    applied.look()
    logging.getLogger("mmbatch_dash.tests").debug("now heard")
    assert "now heard" in (tmp_path / "logs" / "mmbatch_dash.log").read_text()


def test_a_changed_address_waits_for_a_restart_until_it_is_changed_back(store: ConfigStore, applied: Applying) -> None:
    assert applied.pending() == []
    store.apply({"addr": "http://127.0.0.1:18081", "node.ttl": "9m"}, who="Alice", origin="page")
    assert applied.pending() == [Pending("addr", "http://127.0.0.1:8080", "http://127.0.0.1:18081")]
    store.apply({"addr": "http://127.0.0.1:8080"}, who="Alice", origin="page")
    assert applied.pending() == []


def test_an_address_that_the_command_line_overrides_waits_for_no_restart(tmp_path: Path, store: ConfigStore) -> None:
    obedience = Obedience(
        FileDocuments(tmp_path), lambda queue: ("e", 1), lambda: timedelta(minutes=5), lambda: datetime.now(UTC)
    )
    made = Applying(store.current, obedience, tmp_path, host="::1", port=9000)
    store.apply({"addr": "http://127.0.0.1:18081"}, who="Alice", origin="page")
    assert made.pending() == []
    part = Applying(store.current, obedience, tmp_path, port=9000)
    store.apply({"addr": "http://localhost:18082"}, who="Alice", origin="page")
    assert part.pending() == [Pending("addr", "http://127.0.0.1:9000", "http://localhost:9000")]
    assert made.pending() == []


def test_a_restart_leaves_the_wish_and_tells_the_process_to_end(
    tmp_path: Path, applied: Applying, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[int, int]] = []

    class AtOnce:
        def __init__(self, _seconds: float, _function: object, arguments: tuple[int, int]) -> None:
            told.append(arguments)

        def start(self) -> None:
            assert take_restart_wish(tmp_path), "the wish must be left before the process is told"
            (tmp_path / "restart.wanted").touch()

    monkeypatch.setattr("mmbatch_dash.services.applying.threading.Timer", AtOnce)
    applied.restart()
    assert not applied.can_restart()
    assert not take_restart_wish(tmp_path)
    applied.serve_as(4242)
    assert applied.can_restart()
    applied.restart()
    assert told == [(4242, signal.SIGTERM)]
    assert take_restart_wish(tmp_path)
    assert not take_restart_wish(tmp_path)


def test_page_defaults_follow_the_configuration(store: ConfigStore) -> None:
    defaults = LiveDefaults(lambda: PageDefaults(timezone=store.current().dashboard.timezone))
    assert defaults.timezone == "UTC"
    store.apply({"dashboard.timezone": "Asia/Tokyo"}, who="Alice", origin="page")
    assert defaults.timezone == "Asia/Tokyo"
    assert (defaults.engineering, defaults.refresh_seconds) == (False, 15.0)
