"""A server in process, for the tests of a module together: each keeps to a queue of its own."""

from collections.abc import Iterator

import pytest

from mmbatch_dash.factory import create_app
from mmbatch_dash.services import open_services
from mmbatch_dash.settings import build_settings
from tests.api.conftest import NOW, Server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """An empty server."""
    services = open_services(build_settings(tmp_path_factory.mktemp("insight")), clock=lambda: NOW, start_folding=False)
    yield Server(services, create_app(services).test_client())
    services.close()
