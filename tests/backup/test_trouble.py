"""Backups that are interrupted, and damage before, during and after one."""

import io
from pathlib import Path
from typing import BinaryIO

import pytest

from mmbatch_dash.domain.errors import MmbatchDashError
from mmbatch_dash.services.backup import make_backup, restore_backup
from mmbatch_dash.services.backup.contents import record_names
from mmbatch_dash.services.backup.target import Folder
from mmbatch_dash.settings import Settings, build_settings
from tests.backup.conftest import content_of


class Faulty(Folder):
    """A folder that takes `most` objects, and then no more; it may change what it takes."""

    def __init__(self, folder: Path, most: int = 10_000, change: bytes = b"") -> None:
        folder.mkdir(exist_ok=True)
        super().__init__(folder)
        self.most = most
        self.change = change
        self.puts = 0

    def put(self, name: str, source: BinaryIO) -> None:
        if self.puts >= self.most:
            raise MmbatchDashError("The backup cannot be used: No space left on device.")
        self.puts += 1
        content = source.read()
        super().put(name, io.BytesIO(self.change + content[len(self.change) :]))


def first_packed(settings: Settings) -> Path:
    return min((settings.data_dir / "journal").glob("*.ndjson.zst"))


def hurt(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 3] ^= 0xFF
    path.write_bytes(bytes(data))


def test_an_interrupted_backup_is_none_and_the_next_goes_on_with_it(settings: Settings, tmp_path: Path) -> None:
    place = Faulty(tmp_path / "backups", most=5)
    with pytest.raises(MmbatchDashError, match="No space left"):
        make_backup(settings, place)
    assert record_names(place.sizes()) == []
    whole = Faulty(tmp_path / "backups")
    made = make_backup(settings, whole)
    assert whole.puts == len(made.record.objects) - 5 + 1
    restore_backup(build_settings(tmp_path / "elsewhere", environ={}), whole)
    assert content_of(tmp_path / "elsewhere") == content_of(settings.data_dir)


def test_a_place_that_changes_what_it_is_given_is_found_out_before_the_backup_is_listed(
    settings: Settings, tmp_path: Path
) -> None:
    place = Faulty(tmp_path / "backups", change=b"!!")
    with pytest.raises(MmbatchDashError, match=r"did not pass its own check: \d+ objects are missing or differ"):
        make_backup(settings, place)
    assert record_names(place.sizes()) == []


def test_a_damaged_object_is_found_by_restore_and_nothing_is_left_half_made(settings: Settings, tmp_path: Path) -> None:
    place = Folder(tmp_path / "backups")
    made = make_backup(settings, place)
    hurt(tmp_path / "backups" / made.record.parts[1].object)
    with pytest.raises(MmbatchDashError, match=r"journal/0+\d+-[0-9a-f]{16}\.ndjson\.zst is damaged"):
        restore_backup(build_settings(tmp_path / "elsewhere", environ={}), place)
    assert not (tmp_path / "elsewhere").exists()


def test_a_segment_damaged_since_the_last_backup_comes_back_whole(settings: Settings, tmp_path: Path) -> None:
    place = Folder(tmp_path / "backups")
    before = content_of(settings.data_dir)
    make_backup(settings, place)
    hurt(first_packed(settings))
    assert make_backup(settings, place).new_objects == 0
    restored = restore_backup(build_settings(tmp_path / "elsewhere", environ={}), place)
    assert restored.damage == ()
    assert content_of(tmp_path / "elsewhere") == before


def test_a_segment_damaged_before_the_first_backup_is_kept_as_it_is_and_told(
    settings: Settings, tmp_path: Path
) -> None:
    place = Folder(tmp_path / "backups")
    hurt(first_packed(settings))
    made = make_backup(settings, place)
    assert [warning.split(": ")[1] for warning in made.warnings] == [
        "its digest is not that of the manifest; it is kept as it is"
    ]
    restored = restore_backup(build_settings(tmp_path / "elsewhere", environ={}), place)
    assert len(restored.damage) >= 1
    assert all(damage.startswith(f"{0:020d}.ndjson") for damage in restored.damage)


def test_a_missing_segment_is_told_and_the_rest_backed_up(settings: Settings, tmp_path: Path) -> None:
    place = Folder(tmp_path / "backups")
    first_packed(settings).unlink()
    made = make_backup(settings, place)
    assert [warning.split(":")[1] for warning in made.warnings] == [" missing; the backup goes without them"]
    restored = restore_backup(build_settings(tmp_path / "elsewhere", environ={}), place)
    assert len(restored.damage) == 1
    assert restored.damage[0].endswith("missing")
