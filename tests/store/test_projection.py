"""Tables of another making, and damaged ones, are made anew beside the old ones while events come in."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest

from mmbatch_dash.adapters.cloudevents import read_batch
from mmbatch_dash.domain.errors import Rebuilding
from mmbatch_dash.services.intake import Intake
from mmbatch_dash.store import digest
from mmbatch_dash.store.database import Database, set_meta
from mmbatch_dash.store.fold import PricingSettings
from mmbatch_dash.store.journal import FileJournal
from mmbatch_dash.store.projection import Projection
from mmbatch_dash.store.table_files import remove_file
from tests.reference.worked_example import WORKED_EXAMPLE
from tests.store.changed_program import ChangedProgram, forget_scripts
from tests.store.world import NOW

LATER = {
    "specversion": "1.0",
    "id": "later",
    "source": "after",
    "type": "mmbatch.job.submitted",
    "time": "2026-03-20T00:00:00Z",
    "data": {"job_id": "later", "queue": "align", "vcpus": 2},
}
CPU_HOURS = "SELECT sum(cpu_hours) FROM jobs"


class House:
    """Journal and tables of one folder, opened and closed again and again."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "store.duckdb"
        self._journal_dir = folder / "journal"
        self.open()

    def open(self, **options: bool) -> None:
        self.journal = FileJournal(self._journal_dir, clock=lambda: NOW)
        self.projection = Projection(self.path, self.journal, PricingSettings(), **options)
        self.intake = Intake(self.journal, lambda: NOW)

    def close(self) -> None:
        self.journal.close()
        self.projection.close()

    def reopen(self, **options: bool) -> None:
        self.close()
        self.open(**options)

    def take(self, *events: dict[str, object]) -> None:
        self.intake.take(read_batch(events))

    def ask(self, sql: str) -> object:
        with self.projection.database.cursor() as cursor:
            return cursor.execute(sql).fetchall()[0][0]

    def files(self) -> list[str]:
        return sorted(path.name for path in self.path.parent.glob("store*.duckdb"))


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """The worked example, folded."""
    house = House(tmp_path)
    house.take(*WORKED_EXAMPLE)
    house.projection.fold.fold_all()
    yield house
    house.close()


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[ChangedProgram]:
    yield ChangedProgram(monkeypatch, tmp_path / "steps")
    monkeypatch.undo()
    forget_scripts()


def test_a_new_server_has_nothing_to_make_anew(tmp_path: Path) -> None:
    house = House(tmp_path)
    assert house.projection.rebuild() is None
    assert house.ask("SELECT count(*) FROM jobs") == 0
    house.close()


def test_tables_of_the_same_making_are_gone_on_with(house: House) -> None:
    position = house.projection.fold.position
    house.reopen()
    assert house.projection.rebuild() is None
    assert house.projection.fold.position == position > 0


def test_a_changed_formula_shows_the_old_figures_until_all_jobs_follow_the_new_one(
    house: House, program: ChangedProgram
) -> None:
    before = house.ask(CPU_HOURS)
    program.change("80_merged", "arg_max(vcpus, prec) AS vcpus", "10 * arg_max(vcpus, prec) AS vcpus")
    house.reopen()
    began = house.projection.rebuild()
    assert began is not None
    assert began.share == 0
    assert began.shown_at is not None
    assert house.ask(CPU_HOURS) == before
    house.take(LATER)
    assert house.ask("SELECT count(*) FROM jobs WHERE job_id = 'later'") == 0
    house.projection.fold.fold_all()
    assert house.projection.rebuild() is None
    assert house.ask(CPU_HOURS) == pytest.approx(10 * before)
    assert house.ask("SELECT count(*) FROM jobs WHERE job_id = 'later'") == 1


def test_comments_and_layout_are_no_change(house: House, program: ChangedProgram) -> None:
    program.change(
        "84_jobs", "CREATE OR REPLACE TEMP TABLE", "-- A remark's apostrophe.\n\nCREATE  OR REPLACE TEMP TABLE"
    )
    house.reopen()
    assert house.projection.rebuild() is None


def test_a_figure_declared_otherwise_is_a_change(monkeypatch: pytest.MonkeyPatch) -> None:
    before = digest.projection_digest()
    monkeypatch.setattr(digest, "PER_JOB", digest.PER_JOB[1:])
    digest.projection_digest.cache_clear()
    assert digest.projection_digest() != before
    monkeypatch.undo()
    digest.projection_digest.cache_clear()
    assert digest.projection_digest() == before


def test_a_file_that_lacks_a_column_is_not_shown_until_it_is_made_anew(house: House) -> None:
    house.close()
    with duckdb.connect(str(house.path)) as file:
        file.execute("ALTER TABLE jobs_live DROP COLUMN cpu_hours; UPDATE meta SET value = 'x' WHERE name = 'digest'")
    house.open()
    with pytest.raises(Rebuilding, match="made anew from the journal"):
        house.ask(CPU_HOURS)
    house.projection.fold.fold_all()
    assert house.ask(CPU_HOURS) > 0  # type: ignore[operator]


def test_making_anew_goes_on_after_a_restart_and_leaves_one_file_of_the_usual_name(house: House) -> None:
    house.take(LATER)
    house.close()
    with duckdb.connect(str(house.path)) as file:
        file.execute("UPDATE meta SET value = 'of another program' WHERE name = 'digest'")
    house.open()
    house.projection.fold.fold_batch(2000)
    half = house.projection.fold.position
    assert 0 < half < house.journal.end
    house.reopen()
    assert house.projection.fold.position == half
    house.projection.fold.fold_all()
    assert house.files() == ["store.next.duckdb"]
    house.reopen()
    assert house.files() == ["store.duckdb"]
    assert house.ask("SELECT count(*) FROM jobs WHERE job_id = 'later'") == 1


def _garbage(path: Path) -> None:
    path.write_bytes(b"garbage" * 1000)


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def _zeros(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(12_288)
        file.write(bytes(path.stat().st_size - 12_288))


def _wal(path: Path) -> None:
    damaged = path.with_name(f"{path.name}.wal")
    with duckdb.connect(str(path)) as file:
        file.execute("SET checkpoint_threshold = '1GB'; INSERT INTO meta VALUES ('a', 'b')")
        told = bytearray(damaged.read_bytes())
    told[len(told) // 2] ^= 1
    damaged.write_bytes(told)


@pytest.mark.parametrize("damage", [_garbage, _empty, _cut, _zeros, _wal, remove_file])
def test_whatever_happened_to_the_file_the_figures_come_back_by_themselves(
    house: House, damage: Callable[[Path], None]
) -> None:
    before = house.ask(CPU_HOURS)
    house.close()
    damage(house.path)
    house.open()
    house.projection.fold.fold_all()
    assert house.ask(CPU_HOURS) == pytest.approx(before)
    assert house.projection.rebuild() is None


def test_damage_that_shows_only_while_serving_is_made_good_too(house: House) -> None:
    before = house.ask(CPU_HOURS)
    house.projection.distrust(duckdb.IOException("Corrupt database file: computed checksum 1 does not match"))
    with pytest.raises(Rebuilding):
        house.ask(CPU_HOURS)
    house.take(LATER)
    house.projection.fold.fold_all()
    assert house.ask(CPU_HOURS) == pytest.approx(before)
    assert house.ask("SELECT count(*) FROM jobs WHERE job_id = 'later'") == 1


def test_a_wrong_question_is_no_damage(house: House) -> None:
    with pytest.raises(duckdb.CatalogException):
        house.ask("SELECT * FROM nowhere")
    assert house.projection.rebuild() is None


@pytest.fixture
def poorer(house: House) -> House:
    """The worked example, its journal cut down to the first lines, and its tables of another program."""
    house.close()
    [segment] = (house.path.parent / "journal").glob("*.ndjson")
    os.truncate(segment, segment.stat().st_size // 2)
    with duckdb.connect(str(house.path)) as file:
        file.execute("UPDATE meta SET value = 'of another program' WHERE name = 'digest'")
    house.open()
    return house


def test_tables_that_know_more_than_the_journal_stay(poorer: House) -> None:
    before = poorer.ask("SELECT count(*) FROM facts")
    poorer.projection.fold.fold_all()
    assert poorer.ask("SELECT count(*) FROM facts") == before
    assert poorer.projection.rebuild() is None
    [reason] = poorer.projection.degraded()
    assert "so the tables before stay as they are" in reason
    poorer.reopen()
    poorer.projection.fold.fold_all()
    assert poorer.ask("SELECT count(*) FROM facts") == before


def test_they_give_way_only_to_whoever_accepts_the_loss(poorer: House) -> None:
    before = poorer.ask("SELECT count(*) FROM facts")
    poorer.reopen(anew=True, accept_loss=True)
    poorer.projection.fold.fold_all()
    assert 0 < poorer.ask("SELECT count(*) FROM facts") < before  # type: ignore[operator]
    assert poorer.projection.degraded() == ()


def test_a_reader_under_way_ends_on_the_tables_it_began_with(house: House) -> None:
    house.reopen(anew=True)
    with house.projection.database.snapshot() as cursor:
        assert cursor.execute("SELECT count(*) FROM jobs WHERE job_id = 'later'").fetchall() == [(0,)]
        house.take(LATER)
        house.projection.fold.fold_all()
        assert house.ask("SELECT count(*) FROM jobs WHERE job_id = 'later'") == 1
        assert cursor.execute("SELECT count(*) FROM jobs WHERE job_id = 'later'").fetchall() == [(0,)]


def test_tables_that_say_nothing_of_their_making_are_those_of_version_0_1_and_are_not_shown(house: House) -> None:
    house.close()
    with duckdb.connect(str(house.path)) as file:
        file.execute("DELETE FROM meta WHERE name IN ('digest', 'reading', 'ready', 'generation')")
    house.open()
    with pytest.raises(Rebuilding):
        house.ask(CPU_HOURS)
    house.projection.fold.fold_all()
    assert house.ask("SELECT count(*) FROM jobs") > 0  # type: ignore[operator]


def test_a_file_only_just_begun_never_counts_as_tables(house: House) -> None:
    before = house.ask(CPU_HOURS)
    house.close()
    begun = Database(house.path.with_name("store.next.duckdb"))
    begun.close()
    house.open()
    assert house.ask(CPU_HOURS) == before
    assert house.files() == ["store.duckdb"]


def test_a_crash_between_showing_the_new_and_removing_the_old_leaves_the_new(house: House) -> None:
    house.close()
    newer = house.path.with_name("store.next.duckdb")
    newer.write_bytes(house.path.read_bytes())
    database = Database(newer)
    cursor = database.open_cursor()
    set_meta(cursor, "generation", "7")
    cursor.close()
    database.close()
    house.open()
    assert house.files() == ["store.duckdb"]
    assert house.ask("SELECT value FROM meta WHERE name = 'generation'") == "7"


def test_asked_for_while_serving_the_tables_are_made_anew_beside_those_that_are_shown(house: House) -> None:
    before = house.ask(CPU_HOURS)
    assert house.projection.make_anew()
    assert not house.projection.make_anew()  # it is under way
    assert house.projection.rebuild() is not None
    assert house.ask(CPU_HOURS) == before
    house.take(LATER)
    house.projection.fold.fold_all()
    assert (house.projection.rebuild(), house.projection.refused()) == (None, "")
    assert house.ask("SELECT count(*) FROM jobs WHERE job_id = 'later'") == 1
    house.reopen()
    assert house.files() == ["store.duckdb"]


def test_where_new_tables_know_less_those_before_go_on_with_what_comes_in(house: House) -> None:
    house.close()
    [segment] = (house.path.parent / "journal").glob("*.ndjson")
    os.truncate(segment, segment.stat().st_size // 2)
    house.open()
    before = house.ask("SELECT count(*) FROM facts")
    assert house.projection.make_anew()
    house.projection.fold.fold_all()
    assert "so the tables before stay as they are; new events are shown as before" in house.projection.refused()
    assert (house.projection.rebuild(), house.projection.degraded()) == (None, ())
    house.take(LATER)
    house.projection.fold.fold_all()
    assert house.ask("SELECT count(*) FROM facts") == before + 1  # type: ignore[operator]
    assert house.projection.make_anew(accept_loss=True)
    house.projection.fold.fold_all()
    assert house.projection.refused() == ""
    assert house.ask("SELECT count(*) FROM facts") < before  # type: ignore[operator]
