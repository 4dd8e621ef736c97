"""Places of documents: what is true of one is true of each."""

from collections.abc import Callable
from pathlib import Path

import pytest

from mmbatch_dash.store.documents.files import FileDocuments
from mmbatch_dash.store.documents.interface import Documents

Open = Callable[[], Documents]


@pytest.fixture(params=["file"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Open:
    """Opens the same place, each time as another process would."""
    return lambda: FileDocuments(tmp_path)
