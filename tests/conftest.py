"""What every test may ask for: the real data beside the project, a browser, and repeatable properties."""

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

PROJECT = Path(__file__).resolve().parents[1]

# The servers that tests start keep their bytecode: compiling everything anew takes as long again as starting.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# A shared machine stalls at random; a deadline would fail tests for somebody else's load.
settings.register_profile("house", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("search", deadline=None, max_examples=2000, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "house"))


# Two halves of what takes long, of about the same length; tests that share a server stay together.
LONG_HALVES = (
    (
        "browser/test_dashboard_journeys",
        "browser/test_jobs_journeys",
        "bench/",
        "ingest/test_any_event",
        "config_page/",
    ),
    (
        "browser/test_configuration_journeys",
        "browser/test_sign_in",
        "endurance/",
        "properties/",
        "config/test_config_e",
    ),
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begins each of two workers' halves with what takes long; what one has left at the end, the other takes over."""
    halves: tuple[list[pytest.Item], ...] = ([], [], [])
    for item in items:
        path = item.path.as_posix().rpartition("/tests/")[2]
        halves[next((half for half, starts in enumerate(LONG_HALVES) if path.startswith(starts)), 2)].append(item)
    first, second, quick = halves
    room = max(0, len(items) // 2 - len(first))
    items[:] = [*first, *quick[:room], *second, *quick[room:]]


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
