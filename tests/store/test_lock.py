"""Who writes to a data directory holds its lock, and whoever else wants to is told who does."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from mmbatch_dash.domain.errors import StoreUnavailable
from mmbatch_dash.services import open_services
from mmbatch_dash.settings import build_settings
from mmbatch_dash.store.lock import hold

ANOTHER = "import sys; from pathlib import Path; from mmbatch_dash.store.lock import hold; hold(Path(sys.argv[1]))"


def try_in_another_process(folder: Path) -> str:
    """What another process that wants the lock says on its standard error; nothing where it gets it."""
    command = [sys.executable, "-c", ANOTHER, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stderr


def test_a_second_process_is_refused_and_told_which_one_holds_it(tmp_path: Path) -> None:
    with hold(tmp_path):
        assert f"is in use by process {os.getpid()} (" in try_in_another_process(tmp_path)
    assert try_in_another_process(tmp_path) == ""


def test_a_refused_opening_leaves_the_lock_free_again(tmp_path: Path) -> None:
    (tmp_path / "journal").write_text("no folder")
    with pytest.raises(StoreUnavailable):
        open_services(build_settings(tmp_path), start_folding=False)
    assert try_in_another_process(tmp_path) == ""


def test_a_file_where_the_data_directory_should_be_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("no folder")
    with pytest.raises(StoreUnavailable, match=r"data cannot be used: File exists\. It must be a folder that user"):
        open_services(build_settings(tmp_path / "data"), start_folding=False)


def test_what_is_made_in_a_data_directory_is_the_owners_alone(tmp_path: Path) -> None:
    services = open_services(build_settings(tmp_path / "data"), start_folding=False)
    services.close()
    made = [path for path in (tmp_path / "data").rglob("*") if not path.is_symlink()]
    assert len(made) > 5
    assert [str(path) for path in made if stat.S_IMODE(path.stat().st_mode) & 0o077] == []
