"""What every test may ask for: the real data beside the project, a browser, and repeatable properties."""

import os
import shutil
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
import requests
from hypothesis import HealthCheck, settings

from tests.postgres import PostgresServer, serving_migrated

PROJECT = Path(__file__).resolve().parents[1]

# The servers that tests start keep their bytecode: compiling everything anew takes as long again as starting.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# A shared machine stalls at random; a deadline would fail tests for somebody else's load.
settings.register_profile("house", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("search", deadline=None, max_examples=2000, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "house"))


# Three parts of what takes long, of about the same length; tests that share a server stay together.
LONG_PARTS = (
    (
        "browser/test_dashboard_journeys",
        "browser/test_jobs_journeys",
        "browser/test_accessibility",
        "bench/",
        "config_page/",
    ),
    ("browser/", "cli/", "ingest/test_any_event"),
    ("endurance/", "properties/", "reporter/", "store/", "config/test_config_e"),
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begins each of three workers' shares with what takes long; what one has left at the end, the others take over."""
    parts: tuple[list[pytest.Item], ...] = ([], [], [], [])
    for item in items:
        path = item.path.as_posix().rpartition("/tests/")[2]
        parts[next((part for part, starts in enumerate(LONG_PARTS) if path.startswith(starts)), 3)].append(item)
    *longs, quick = parts
    ordered: list[pytest.Item] = []
    for place, part in enumerate(longs, 1):
        room = len(items) * place // 3 - len(ordered) - len(part)
        ordered += [*part, *quick[: max(0, room)]]
        del quick[: max(0, room)]
    items[:] = [*ordered, *quick]


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Removes settings of the calling shell, which would change what is tested."""
    for name in list(os.environ):
        if name.startswith("MMBATCH_DASH"):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def project() -> Path:
    """The root of the source tree."""
    return PROJECT


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real inputs beside the project; a test that needs it skips where it is missing."""
    folder = PROJECT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("no ../shared/data beside the project")
    return folder


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """The browser to drive; a test that needs it skips where there is none."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    pytest.skip("no Chromium on this machine")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A PostgreSQL server of the suite's own, started once; a test that needs it skips where there is none.

    Its database `migrated` is as `cluster migrate` leaves it, to make others from.
    """
    pytest.importorskip("psycopg_pool", reason="no psycopg: pip install 'mmbatch-dash[cluster]'")
    with serving_migrated("migrated") as server:
        yield server


_DATABASES = count()


@pytest.fixture
def empty_database(postgres_server: PostgresServer) -> Iterator[str]:
    """The address of a database with nothing in it."""
    name = f"empty_{next(_DATABASES)}"
    yield postgres_server.make_database(name)
    postgres_server.drop_database(name)


@pytest.fixture
def migrated_database(postgres_server: PostgresServer) -> Iterator[str]:
    """The address of a database of the test's own, as `cluster migrate` leaves it."""
    name = f"test_{next(_DATABASES)}"
    yield postgres_server.make_database(name, "migrated")
    postgres_server.drop_database(name)


@pytest.fixture(scope="session")
def aws_server() -> Iterator[str]:
    """The address of a server that answers as AWS does, started once."""
    from moto.core.config import default_user_config
    from moto.server import ThreadedMotoServer

    default_user_config["batch"]["use_docker"] = False
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    yield "http://{}:{}".format(*server.get_host_and_port())
    server.stop()


@pytest.fixture
def aws_stand_in(aws_server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The same with nothing in it; boto3 asks it as long as the test lasts."""
    requests.post(f"{aws_server}/moto-api/reset", timeout=10)
    for name, value in {
        "AWS_ENDPOINT_URL": aws_server,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    return aws_server
