"""Where a server keeps what it owns."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from mmbatch_dash.settings import build_settings, choose_data_dir


def test_the_directory_given_wins_over_the_environment(tmp_path: Path) -> None:
    assert choose_data_dir(tmp_path / "a", {"MMBATCH_DASH_DATA_DIR": str(tmp_path / "b")}) == tmp_path / "a"


def test_the_environment_names_the_directory(tmp_path: Path) -> None:
    assert choose_data_dir(None, {"MMBATCH_DASH_DATA_DIR": str(tmp_path)}) == tmp_path


def test_without_either_it_is_the_users_data_folder(tmp_path: Path) -> None:
    assert choose_data_dir(None, {"XDG_DATA_HOME": str(tmp_path)}) == tmp_path / "mmbatch_dash"
    assert choose_data_dir(None, {}) == Path.home() / ".local" / "share" / "mmbatch_dash"


def test_everything_a_server_owns_lies_in_its_directory(tmp_path: Path) -> None:
    settings = build_settings(tmp_path)
    owned = (settings.config_file, settings.journal_dir, settings.store_file, settings.logs_dir, settings.secrets_dir)
    assert {path.parent for path in owned} == {tmp_path}


def test_a_relative_directory_is_made_absolute() -> None:
    assert build_settings("var/data").data_dir.is_absolute()


def test_settings_do_not_change_and_ports_are_ports(tmp_path: Path) -> None:
    settings = build_settings(tmp_path, port=0)
    with pytest.raises(ValidationError):
        settings.port = 80  # type: ignore[misc]  # that it is refused is the point
    with pytest.raises(ValidationError):
        build_settings(tmp_path, port=70000)
