"""A server in process, for all tests of insight together: each keeps to a queue of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mmbatch_dash.factory import create_app
from mmbatch_dash.services import open_services
from mmbatch_dash.settings import build_settings
from tests.api.conftest import NOW, Server


@contextmanager
def in_process(folder: Path, *, simulated: bool = False) -> Iterator[Server]:
    """An empty server in a folder."""
    services = open_services(build_settings(folder, simulated=simulated), clock=lambda: NOW, start_folding=False)
    try:
        yield Server(services, create_app(services).test_client())
    finally:
        services.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One for all of these tests."""
    with in_process(tmp_path_factory.mktemp("insight")) as server:
        yield server
