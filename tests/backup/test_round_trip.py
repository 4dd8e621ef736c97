"""What a backup holds comes back in another place, as it was when the backup was made."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mmbatch_dash.domain.disowning import Disowned
from mmbatch_dash.domain.errors import MmbatchDashError
from mmbatch_dash.services.backup import make_backup, restore_backup
from mmbatch_dash.services.backup.contents import read_record, record_names
from mmbatch_dash.services.backup.make import files_of
from mmbatch_dash.services.backup.target import Folder, open_target
from mmbatch_dash.settings import Settings, build_settings
from mmbatch_dash.store.disowned import write_disowned
from mmbatch_dash.store.journal import FileJournal
from mmbatch_dash.store.journal.keeper import Keeper
from mmbatch_dash.store.journal.verify import verify_journal
from tests.backup.conftest import content_of, figures_of, take_jobs


@pytest.fixture
def place(tmp_path: Path) -> Folder:
    target = open_target(str(tmp_path / "backups"))
    assert isinstance(target, Folder)
    return target


def elsewhere(tmp_path: Path, name: str = "elsewhere") -> Settings:
    return build_settings(tmp_path / name, environ={})


def test_figures_configuration_and_tokens_come_back_in_another_place(
    settings: Settings, place: Folder, tmp_path: Path
) -> None:
    before = figures_of(settings.data_dir)
    made = make_backup(settings, place)
    assert (made.record.position, made.warnings) == (before[-1], [])
    take_jobs(settings.data_dir, 100, 5)
    restored = restore_backup(elsewhere(tmp_path), place)
    assert (restored.record, restored.damage) == (made.record, ())
    new = tmp_path / "elsewhere"
    assert verify_journal(new / "journal").damage == ()
    for name in ("config.yaml", "config.history.ndjson", "secrets/tokens.json"):
        assert (new / name).read_bytes() == (settings.data_dir / name).read_bytes(), name
    assert figures_of(new) == before
    assert figures_of(settings.data_dir)[0] == before[0] + 5


def test_what_is_half_written_is_in_no_backup(settings: Settings) -> None:
    before = files_of(settings.data_dir)
    (settings.data_dir / ".bill-x7").mkdir()
    for name in (".bill-x7/bill.csv", ".alerts.json.x7.new"):
        (settings.data_dir / name).write_text("half")
    (settings.data_dir / "digest.json").write_text("{}")
    assert sorted({*files_of(settings.data_dir)} - {*before}) == [settings.data_dir / "digest.json"]


def test_a_restored_server_goes_on_where_the_backup_ends(settings: Settings, place: Folder, tmp_path: Path) -> None:
    make_backup(settings, place)
    restore_backup(elsewhere(tmp_path), place)
    before = content_of(settings.data_dir)
    take_jobs(tmp_path / "elsewhere", 100, 10)
    after = content_of(tmp_path / "elsewhere")
    assert after.startswith(before)
    assert len(after) > len(before)


def test_the_second_backup_writes_only_what_is_new(settings: Settings, place: Folder) -> None:
    first = make_backup(settings, place)
    again = make_backup(settings, place)
    assert first.new_objects > 10
    assert (again.new_objects, again.new_bytes) == (0, 0)
    take_jobs(settings.data_dir, 100, 3)
    third = make_backup(settings, place)
    kept = {part.object for part in first.record.parts}
    assert len(kept & {part.object for part in third.record.parts}) == len(kept) - 1
    assert third.new_objects == len(third.record.objects - first.record.objects)


def test_an_older_backup_comes_back_by_its_time(settings: Settings, place: Folder, tmp_path: Path) -> None:
    first = make_backup(settings, place)
    before = content_of(settings.data_dir)
    take_jobs(settings.data_dir, 100, 3)
    make_backup(settings, place)
    restore_backup(elsewhere(tmp_path), place, name=f"{first.record.made_at:%Y%m%dT%H%M%S%fZ}")
    assert content_of(tmp_path / "elsewhere") == before
    with pytest.raises(MmbatchDashError, match=r"'1999' names 0 of the 2 backups; the newest are"):
        restore_backup(elsewhere(tmp_path, "third"), place, name="1999")


def test_segments_that_are_not_compressed_yet_are_copied_once_too(
    settings: Settings, place: Folder, tmp_path: Path
) -> None:
    take_jobs(settings.data_dir, 100, 20, compress=False)
    first = make_backup(settings, place)
    take_jobs(settings.data_dir, 200, 1)
    second = make_backup(settings, place)
    assert len({part.object for part in first.record.parts} - {part.object for part in second.record.parts}) <= 1
    restore_backup(elsewhere(tmp_path), place)
    assert content_of(tmp_path / "elsewhere") == content_of(settings.data_dir)


def test_old_backups_go_and_what_only_they_need_goes_with_them(settings: Settings, place: Folder) -> None:
    for number in range(4):
        take_jobs(settings.data_dir, 100 + number, 1)
        made = make_backup(settings, place, keep=2)
    names = place.sizes()
    records = record_names(names)
    assert records[-1] == made.record.name
    assert len(records) == 2
    needed = set().union(*(read_record(place, name).objects for name in records))
    assert set(names) == needed | set(records)


def test_a_taken_place_is_not_restored_into(settings: Settings, place: Folder, tmp_path: Path) -> None:
    make_backup(settings, place)
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "mine").touch()
    with pytest.raises(MmbatchDashError, match="taken holds something already"):
        restore_backup(elsewhere(tmp_path, "taken"), place)
    assert [path.name for path in (tmp_path / "taken").iterdir()] == ["mine"]


def test_where_there_is_no_backup_it_is_said(tmp_path: Path, place: Folder) -> None:
    with pytest.raises(MmbatchDashError, match="There is no backup there"):
        restore_backup(elsewhere(tmp_path), place)
    with pytest.raises(MmbatchDashError, match="There is no backup at"):
        open_target(str(tmp_path / "nowhere"), must_exist=True)
    with pytest.raises(MmbatchDashError, match="There is no journal at"):
        make_backup(elsewhere(tmp_path), place)


def test_every_file_of_the_audit_log_who_owns_which_node_and_what_is_disowned_come_back(
    settings: Settings, place: Folder, tmp_path: Path
) -> None:
    names = ("audit.jsonl", "audit.jsonl.1", "audit.jsonl.12", "node_owners.ndjson", "disowned.json")
    for name in names[:-1]:
        (settings.data_dir / name).write_text(f'{{"of": "{name}"}}\n')
    write_disowned(settings.data_dir, [Disowned("token:bad", None)])
    make_backup(settings, place)
    restore_backup(elsewhere(tmp_path), place)
    for name in names:
        assert (tmp_path / "elsewhere" / name).read_bytes() == (settings.data_dir / name).read_bytes(), name


def test_a_journal_whose_originals_are_gone_comes_back_as_it_is(
    settings: Settings, place: Folder, tmp_path: Path
) -> None:
    first = make_backup(settings, place)
    journal = FileJournal(settings.journal_dir)
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    assert Keeper(journal, lambda: journal.end, lambda: tomorrow).strip_segments() > 1
    journal.close()
    made = make_backup(settings, place)
    assert made.new_objects > 1
    assert (made.record.position, made.warnings) == (first.record.position, [])
    restored = restore_backup(elsewhere(tmp_path), place)
    assert restored.damage == ()
    assert content_of(tmp_path / "elsewhere") == content_of(settings.data_dir)
