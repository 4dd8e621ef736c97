"""Every definition is put to both readings: the plain reference, and the product's fold."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from mmbatch_dash.domain.facts import Entry
from tests.reference.readings import Reader, SeenJob, read_by_fold, read_by_reference


@pytest.fixture(params=["reference", "fold"])
def read(request: pytest.FixtureRequest, tmp_path: Path) -> Reader:
    """Reads entries (and pricing settings) into what is seen of each job."""
    if request.param == "reference":
        return read_by_reference
    worlds = iter(range(100))

    def by_fold(entries: Iterable[Entry], **settings: Any) -> dict[str, SeenJob]:
        return read_by_fold(entries, tmp_path / str(next(worlds)), **settings)

    return by_fold
