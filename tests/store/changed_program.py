"""The program of the next release: the same, but for a formula of the fold or a column."""

import shutil
from importlib.resources import files
from pathlib import Path

import pytest

from mmbatch_dash.store import digest
from mmbatch_dash.store.fold import declared

CACHES = (declared.read_script, declared.read_steps, digest.projection_digest)


class ChangedProgram:
    """Changes steps of the fold, in this process only."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        self._folder = folder
        shutil.copytree(str(files("mmbatch_dash.store.fold.steps")), folder, dirs_exist_ok=True)
        monkeypatch.setattr(declared, "STEPS", folder)

    def change(self, step: str, before: str, after: str) -> None:
        """Puts other SQL in a step."""
        script = self._folder / f"{step}.sql"
        text = script.read_text()
        assert before in text
        script.write_text(text.replace(before, after))
        forget_scripts()


def forget_scripts() -> None:
    """Lets the scripts be read again."""
    for cached in CACHES:
        cached.cache_clear()
