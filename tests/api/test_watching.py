"""Watches pause while the tables are made anew, without filling the log."""

import threading

import pytest

from mmbatch_dash.domain.errors import Rebuilding
from mmbatch_dash.store.watching import Watch
from tests.api.conftest import Server, worked_example


class Looking(Watch):
    """Finds no tables at its first look, and something wrong with itself at the second."""

    def __init__(self) -> None:
        super().__init__("looking", 0.01, "It could not be looked at")
        self.looks = 0
        self.enough = threading.Event()

    def look(self) -> None:
        self.looks += 1
        if self.looks > 2:
            self.enough.set()
            return
        raise Rebuilding("no tables yet") if self.looks == 1 else ValueError("a fault")


def test_what_finds_no_tables_tries_again_and_only_faults_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    looking = Looking()
    looking.start()
    assert looking.enough.wait(20)
    looking.stop()
    assert [record.levelname for record in caplog.records if record.name.endswith("watching")] == ["ERROR"]


def test_no_rule_is_judged_by_figures_of_before(server: Server) -> None:
    server.send(worked_example())
    server.services.alerts.look()
    server.services.projection.make_anew()
    with pytest.raises(Rebuilding):
        server.services.alerts.look()
    server.fold()
    server.services.alerts.look()
