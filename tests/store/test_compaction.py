"""What moved and removed rows leave free in the tables' file goes back to the disk, and nothing is lost on the way."""

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from mmbatch_dash.domain.disowning import disown
from mmbatch_dash.pages.admin.server import describe_compaction
from mmbatch_dash.pages.defaults import PageDefaults
from mmbatch_dash.pages.filters.view import parse_view
from mmbatch_dash.services.compaction import APART, CompactionWatch
from mmbatch_dash.store import projection
from mmbatch_dash.store.compaction import CopyStopped, Halt, Room, copy_tables
from mmbatch_dash.store.fold import fold
from mmbatch_dash.store.fold.worker import FoldWorker
from tests.reference.worked_example import WORKED_EXAMPLE
from tests.store.test_projection import LATER, House
from tests.store.world import NOW

PLENTY = 1 << 40
HAS_LATER = "SELECT count(*) FROM jobs WHERE job_id = 'later'"
BLOAT = 500_000


@pytest.fixture(scope="module")
def bloated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the worked example in a file most of which is free."""
    folder = tmp_path_factory.mktemp("bloated") / "data"
    house = House(folder)
    house.take(*WORKED_EXAMPLE)
    house.projection.fold.fold_all()
    with house.projection.database.cursor() as cursor:
        for sql in (
            f"INSERT INTO event_counts SELECT hash(r), true, r FROM range({BLOAT}) t(r)",  # noqa: S608 - written here
            # Behind it lies what stays, or the file would simply be cut.
            "INSERT INTO sightings SELECT hash(r), to_timestamp(hash(r) % 2000000000) FROM range(1000) t(r)",
            "DELETE FROM event_counts WHERE type NOT LIKE 'm%'",
        ):
            cursor.execute(sql).fetchall()
            cursor.execute("CHECKPOINT").fetchall()
    house.close()
    return folder


@pytest.fixture
def house(bloated: Path, tmp_path: Path) -> Iterator[House]:
    """Such a folder of a test's own."""
    shutil.copytree(bloated, tmp_path / "data")
    house = House(tmp_path / "data")
    yield house
    house.close()


def everything(house: House) -> dict[str, list[tuple[object, ...]]]:
    """All rows of all tables but the notes that a file keeps of itself."""
    with house.projection.database.cursor() as cursor:
        tables = cursor.execute(
            "SELECT table_name FROM duckdb_tables() WHERE database_name = current_database() AND table_name <> 'meta'"
        ).fetchall()
        return {
            table: sorted(cursor.execute(f'SELECT * FROM "{table}"').fetchall(), key=repr)  # noqa: S608
            for (table,) in tables
        }


def compact(house: House, spare_bytes: int = PLENTY) -> bool:
    return house.projection.compact(spare_bytes, least_bytes=1)


def crashed(house: House, folder: Path) -> House:
    """What a process finds that starts after this one was killed now."""
    shutil.copytree(house.path.parent, folder)
    return House(folder)


def test_the_file_is_smaller_and_says_the_same(house: House) -> None:
    before, size = everything(house), house.path.stat().st_size
    assert compact(house)
    assert house.projection.compacts()
    house.projection.fold.fold_all()
    assert not house.projection.compacts()
    assert house.files() == ["store.next.duckdb"]
    assert everything(house) == before
    house.reopen()
    assert house.files() == ["store.duckdb"]
    assert house.path.stat().st_size < size * 0.7
    assert house.projection.rebuild() is None
    assert everything(house) == before


def test_the_copy_is_shown_once_it_has_caught_up_and_what_is_shown_meanwhile_never_goes_back(house: House) -> None:
    assert compact(house)
    house.take(LATER)
    assert house.ask(HAS_LATER) == 0
    assert house.projection.rebuild() is None
    house.projection.fold.fold_all()
    assert house.ask(HAS_LATER) == 1
    assert house.projection.degraded() == ()


def test_a_copy_behind_what_is_shown_waits_until_it_is_not(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def copy_and_go_on(*arguments: object) -> None:
        copy_tables(*arguments)  # type: ignore[arg-type]
        house.take(LATER)
        house.projection.fold.fold_batch()

    monkeypatch.setattr(projection, "copy_tables", copy_and_go_on)
    assert compact(house)
    assert house.ask(HAS_LATER) == 1
    assert not house.projection.settle()
    house.projection.fold.fold_all()
    assert house.files() == ["store.next.duckdb"]
    assert house.ask(HAS_LATER) == 1
    assert house.projection.degraded() == ()


@pytest.mark.parametrize("moment", ["begun", "copied"])
def test_killed_at_any_moment_the_tables_before_or_after_are_gone_on_with(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    before, found = everything(house), []

    def die(*_: object) -> None:
        if not found:
            found.append(crashed(house, tmp_path / "after"))

    if moment == "begun":
        monkeypatch.setattr(Halt, "check", die)
    assert compact(house)
    if moment == "copied":
        die()
    house.projection.fold.fold_all()
    [after] = found
    try:
        assert after.projection.rebuild() is None
        assert len(after.files()) == 1
        assert everything(after) == before
        after.take(LATER)
        after.projection.fold.fold_all()
        assert after.ask(HAS_LATER) == 1
    finally:
        after.close()


def test_without_room_on_the_disk_or_where_the_copy_fails_all_stays_as_it_was(house: House) -> None:
    before = everything(house)
    assert not compact(house, spare_bytes=1000)
    (house.path.parent / "store.next.duckdb").mkdir()
    assert not compact(house)
    house.take(LATER)
    house.projection.fold.fold_all()
    assert house.ask(HAS_LATER) == 1
    assert len(everything(house)["jobs_live"]) == len(before["jobs_live"]) + 1


def test_a_copy_that_is_stopped_leaves_nothing_behind(house: House, tmp_path: Path) -> None:
    halt = Halt()
    halt.ask()
    with pytest.raises(CopyStopped):
        copy_tables(house.projection.database, tmp_path / "copy.duckdb", 2, halt)
    house.projection.stop_copying()
    assert not compact(house)
    assert house.files() == ["store.duckdb"]


def test_disowning_while_a_copy_catches_up_makes_the_tables_anew_from_those_before(house: House) -> None:
    assert compact(house)
    house.projection.leave_out([disown(None, "mmbatch/*", None, None)])
    assert not house.projection.compacts()
    assert house.projection.rebuild() is not None
    assert house.ask("SELECT count(*) FROM jobs") > 0  # type: ignore[operator]
    house.projection.fold.fold_all()
    assert house.projection.rebuild() is None


def test_the_server_copies_where_it_is_worth_it_and_not_again_within_hours(house: House) -> None:
    clock, spare = [NOW], [0]
    watch = CompactionWatch(
        house.projection,
        FoldWorker(house.projection.fold, house.journal),
        lambda: spare[0],
        lambda: clock[0],
        least_bytes=1,
    )
    view = parse_view("", NOW, PageDefaults())
    house.take(LATER)
    house.projection.fold.fold_all()
    log = house.path.with_name("store.duckdb.wal")
    assert log.stat().st_size > 1000
    assert not watch.look()
    assert not log.exists()
    assert "more on this disk for a while" in describe_compaction(watch.state(), view)
    spare[0] = PLENTY
    assert watch.look()
    assert "being copied into a smaller file" in describe_compaction(watch.state(), view)
    house.projection.fold.fold_all()
    assert "; last copied into a smaller file " in describe_compaction(watch.state(), view)
    assert not watch.look()
    clock[0] += APART + timedelta(seconds=1)
    assert not watch.look()  # there is nothing left to gain


def test_a_copy_is_made_only_for_much() -> None:
    mib = 1 << 20
    assert Room(300 * mib, 150 * mib).is_worth_it()
    assert not Room(300 * mib, 70 * mib).is_worth_it()
    assert not Room(20 * mib, 15 * mib).is_worth_it()


def test_counts_of_events_are_brought_together_every_so_many_batches(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fold, "MERGE_EVERY", 3)
    for number in range(6):
        house.take({**LATER, "id": f"later-{number}"})
        house.projection.fold.fold_all()
    rows = "SELECT count(*) FROM event_counts"
    events = "SELECT sum(events) FROM event_counts WHERE type = 'mmbatch.job.submitted'"
    assert house.ask(rows) < 6 + len({one["type"] for one in WORKED_EXAMPLE})  # type: ignore[operator]
    submitted = sum(one["type"] == LATER["type"] for one in WORKED_EXAMPLE)
    assert house.ask(events) == 6 + submitted
