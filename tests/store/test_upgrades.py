"""The data directories of every released version open, and show right figures without a command."""

import json
import tarfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from mmbatch_dash.adapters.cloudevents import read_batch
from mmbatch_dash.domain.errors import Rebuilding
from mmbatch_dash.domain.selection import Selection
from mmbatch_dash.services import Services, open_services
from mmbatch_dash.settings import build_settings
from mmbatch_dash.store.auth.tokens import Tokens
from mmbatch_dash.store.auth.users import Users

UPGRADES = Path(__file__).resolve().parents[1] / "data" / "upgrades"
VERSIONS = sorted(folder.name for folder in UPGRADES.iterdir() if folder.is_dir())
NOW = datetime(2026, 12, 1, tzinfo=UTC)


def opened(folder: Path) -> Services:
    return open_services(build_settings(folder, environ={}), clock=lambda: NOW, start_folding=False)


@pytest.fixture(params=VERSIONS)
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Services, dict[str, Any]]]:
    """The services on such a directory, nothing folded yet, and what its version printed."""
    folder = UPGRADES / request.param
    with tarfile.open(folder / "data.tar.xz") as packed:
        # Python 3.11 knows the filter from 3.11.4 on; the archive is our own.
        packed.extractall(tmp_path / "data", **({"filter": "data"} if hasattr(tarfile, "data_filter") else {}))  # noqa: S202
    services = opened(tmp_path / "data")
    yield services, json.loads((folder / "summary.json").read_text())
    services.close()


def events_of(services: Services) -> list[dict[str, Any]]:
    """The events as they once came in."""
    lines, position = list[bytes](), 0
    while (stretch := services.journal.read(position, 1 << 30)).end > position:
        lines += stretch.data.splitlines()
        position = stretch.end
    return [line["raw"] for line in map(orjson.loads, lines) if "raw" in line]


def test_the_figures_are_those_of_the_same_events_told_to_the_present_program(
    old: tuple[Services, dict[str, Any]], tmp_path: Path
) -> None:
    services, printed = old
    services.fold.fold_all()
    found = services.reports.summary(Selection()).as_dict()
    fresh = opened(tmp_path / "fresh")
    fresh.intake.take(read_batch(events_of(services)))
    fresh.fold.set_pricing(services.fold.pricing)
    fresh.fold.fold_all()
    expected = fresh.reports.summary(Selection()).as_dict()
    fresh.close()
    # Sums of floating point numbers depend on how the threads of a query share the rows out.
    assert rounded(found) == rounded(expected)
    assert found["figures"]["total_jobs"] == printed["figures"]["total_jobs"] == 40
    assert found["figures"]["cpu_hours"]["value"] == pytest.approx(printed["figures"]["cpu_hours"]["value"])
    assert services.journal.damage.places == ()
    services.projection.make_anew()
    services.fold.fold_all()
    services.worker.bump()
    assert services.projection.refused() == ""
    assert rounded(services.reports.summary(Selection()).as_dict()) == rounded(expected)


def test_tables_that_cannot_be_read_are_not_shown_while_events_are_taken_in(
    old: tuple[Services, dict[str, Any]],
) -> None:
    services, _ = old
    rebuild = services.projection.rebuild()
    assert rebuild is not None
    assert rebuild.shown_at is None
    with pytest.raises(Rebuilding):
        services.reports.summary(Selection())
    event = {
        "specversion": "1.0",
        "id": "new",
        "source": "new",
        "type": "mmbatch.job.submitted",
        "time": "2026-11-30T00:00:00Z",
        "data": {"job_id": "new"},
    }
    assert services.intake.take(read_batch([event])).accepted == 1
    services.fold.fold_all()
    assert services.reports.summary(Selection()).as_dict()["figures"]["total_jobs"] == 41


def test_everything_else_is_still_there(old: tuple[Services, dict[str, Any]]) -> None:
    services, _ = old
    services.fold.fold_all()
    assert services.config.current().dashboard.timezone == "Europe/Berlin"
    assert services.config.current().pricing.assumed_spot_discount == 0.6
    assert [version.version for version in services.config.history()] == [3, 2, 1]
    assert services.rejects.count() == 1
    documents = services.documents
    assert [user.name for user in Users(documents).all()] == ["ana"]
    assert [token.name for token in Tokens(documents, lambda: NOW).all()] == ["agent"]


def rounded(value: Any) -> Any:
    """The same with every number of nine digits."""
    if isinstance(value, dict):
        return {name: rounded(one) for name, one in value.items()}
    if isinstance(value, list):
        return [rounded(one) for one in value]
    return float(f"{value:.9g}") if isinstance(value, float) else value
