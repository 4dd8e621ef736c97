"""A data directory with several journal segments, configuration and tokens, and what its figures are."""

import random
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mmbatch_dash.adapters.cloudevents import read_batch
from mmbatch_dash.domain.identity import Right
from mmbatch_dash.domain.selection import Selection
from mmbatch_dash.services import open_services
from mmbatch_dash.services.intake import Intake
from mmbatch_dash.services.login_trial import open_config
from mmbatch_dash.settings import Settings, build_settings
from mmbatch_dash.store.auth.tokens import Tokens
from mmbatch_dash.store.documents.files import FileDocuments
from mmbatch_dash.store.journal import FileJournal
from mmbatch_dash.store.journal.keeper import Keeper
from mmbatch_dash.store.journal.shelf import Shelf
from mmbatch_dash.store.journal.verify import verify_journal
from tests.endurance.story import job_events

SEGMENT = 20_000
"""Bytes of a segment: some twenty events."""


class Journalled:
    """A journal and the way into it."""

    def __init__(self, data_dir: Path) -> None:
        self.journal = FileJournal(data_dir / "journal", segment_bytes=SEGMENT)
        self.intake = Intake(self.journal)


def take_jobs(data_dir: Path, first: int, count: int, *, compress: bool = True) -> None:
    """Takes the events of some jobs in, in segments of their own, and compresses those that are closed."""
    world = Journalled(data_dir)
    for number in range(first, first + count):
        world.intake.take(read_batch(job_events(random.Random(number), number, "one")))
    world.journal.append([])
    if compress:
        Keeper(world.journal, lambda: world.journal.end).close_segments()
    world.journal.close()


def figures_of(data_dir: Path) -> tuple[Any, ...]:
    """What the Dashboard's headline says of a data directory, and how far its journal goes."""
    services = open_services(build_settings(data_dir, environ={}), start_folding=False)
    try:
        services.fold.fold_all()
        summary = services.reports.summary(Selection())
        figures = {
            name: (total.value and round(total.value, 9), total.coverage) for name, total in summary.figures.items()
        }
        return summary.total_jobs, summary.spot_protections, figures, services.journal.end
    finally:
        services.close()


def content_of(data_dir: Path) -> bytes:
    """All of a data directory's journal; asserts that none of it is damaged."""
    folder = data_dir / "journal"
    assert verify_journal(folder).damage == ()
    shelf = Shelf(folder)
    return b"".join(shelf.read(start, 0, stop - start) for start, stop in shelf.spans())


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory of 40 jobs with a token and a configuration; only to be copied."""
    data_dir = tmp_path_factory.mktemp("backup") / "data"
    take_jobs(data_dir, 0, 40)
    settings = build_settings(data_dir, environ={})
    open_config(settings, FileDocuments(settings.data_dir), lambda: datetime.now(UTC))  # makes the configuration
    Tokens(FileDocuments(settings.data_dir)).create("agent", {Right.INGEST}, None)
    return data_dir


@pytest.fixture
def settings(filled: Path, tmp_path: Path) -> Settings:
    """A data directory of the test's own; its server is stopped."""
    shutil.copytree(filled, tmp_path / "data")
    return build_settings(tmp_path / "data", environ={})
