"""Room kept free: below it no event is stored and the reason names the key; above it all goes on by itself."""

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from mmbatch_dash.domain.errors import StoreUnavailable
from mmbatch_dash.store import reserve as rooms
from mmbatch_dash.store.journal import FileJournal
from mmbatch_dash.store.reserve import MEGABYTE, Reserve
from tests.journal.conftest import record


class Disk:
    """A disk of a size with some room left."""

    def __init__(self, size_mb: int, free_mb: int) -> None:
        self.size_mb, self.free_mb = size_mb, free_mb

    def statvfs(self, _folder: Path) -> SimpleNamespace:
        return SimpleNamespace(f_bavail=self.free_mb, f_blocks=self.size_mb, f_frsize=MEGABYTE)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    made = Disk(size_mb=100_000, free_mb=50_000)
    monkeypatch.setattr(os, "statvfs", made.statvfs)
    monkeypatch.setattr(rooms, "LOOK_SECONDS", 0.0)
    return made


def test_below_the_reserve_nothing_is_stored_and_above_it_all_goes_on(disk: Disk, tmp_path: Path) -> None:
    journal = FileJournal(tmp_path / "journal", shortage=Reserve(tmp_path, lambda: 256).shortage)
    assert journal.append([record(1)]).accepted == 1
    disk.free_mb = 255
    with pytest.raises(StoreUnavailable, match=r"has 255 MB left, and 256 MB are kept free .* \(storage.reserveMB\)"):
        journal.append([record(2)])
    assert "storage.reserveMB" in (journal.obstacle() or "")
    assert journal.append([record(1)]).duplicates == 1
    disk.free_mb = 256
    assert journal.append([record(2)]).accepted == 1
    assert journal.obstacle() is None
    journal.close()


@pytest.mark.parametrize(("size_mb", "free_mb", "refused"), [(1000, 99, True), (1000, 100, False), (60, 5, True)])
def test_of_a_small_disk_no_more_than_a_tenth_is_kept_free(
    disk: Disk, tmp_path: Path, size_mb: int, free_mb: int, refused: bool
) -> None:
    disk.size_mb, disk.free_mb = size_mb, free_mb
    assert (Reserve(tmp_path, lambda: 256).shortage() is not None) is refused
