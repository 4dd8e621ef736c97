"""`check`: what it prints of whole, damaged and unreadable data directories, and what it exits with."""

from pathlib import Path

import duckdb
import pytest

from mmbatch_dash.cli import main
from mmbatch_dash.services import open_services
from mmbatch_dash.settings import build_settings
from tests.api.conftest import worked_example


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """A data directory with the worked example, its server stopped."""
    from mmbatch_dash.adapters.cloudevents import read_batch

    services = open_services(build_settings(tmp_path / "data"), start_folding=False)
    services.intake.take(read_batch(worked_example()))
    services.fold.fold_all()
    services.close()
    return tmp_path / "data"


def run_check(data_dir: Path) -> int:
    with pytest.raises(SystemExit) as end:
        main(["check", "--data-dir", str(data_dir)])
    return int(end.value.code or 0)


def hurt(data_dir: Path) -> None:
    path = data_dir / "journal" / f"{0:020d}.ndjson"
    data = bytearray(path.read_bytes())
    data[data.index(b"\n") + 40] = 0
    path.write_bytes(bytes(data))


def test_a_whole_directory_is_said_to_be_whole(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_check(data_dir) == 0
    assert f"{data_dir}: whole. Journal: " in capsys.readouterr().out


def test_a_damaged_line_is_listed_with_file_and_line(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hurt(data_dir)
    assert run_check(data_dir) == 1
    said = capsys.readouterr().out
    assert f"{0:020d}.ndjson, line 2: its checksum differs\n" in said
    assert "degraded: 1 problems" in said
    assert "restore SOURCE --data-dir NEW" in said


def test_what_a_check_found_the_next_start_tells(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hurt(data_dir)
    run_check(data_dir)
    capsys.readouterr()
    services = open_services(build_settings(data_dir), start_folding=False)
    try:
        assert "1 place of the journal cannot be read" in services.condition.degraded()[0]
    finally:
        services.close()


def test_it_works_beside_a_process_that_holds_the_directory(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    services = open_services(build_settings(data_dir), start_folding=False)
    try:
        assert run_check(data_dir) == 0
        assert "beside a running process" in capsys.readouterr().out
    finally:
        services.close()


def test_tables_that_are_garbage_are_a_problem(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (data_dir / "store.duckdb").write_bytes(b"garbage" * 5000)
    assert run_check(data_dir) == 1
    assert "store.duckdb cannot be read" in capsys.readouterr().out


def test_a_damaged_block_of_the_tables_is_found_and_the_next_start_mends_it(
    data_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = data_dir / "store.duckdb"
    with store.open("r+b") as file:
        file.seek(12_288 + 4096)
        file.write(bytes(store.stat().st_size - 12_288 - 4096))
    assert run_check(data_dir) == 1
    assert "store.duckdb cannot be read" in capsys.readouterr().out
    services = open_services(build_settings(data_dir), start_folding=False)
    services.fold.fold_all()
    services.close()
    assert run_check(data_dir) == 0


def test_tables_of_another_version_are_noted(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with duckdb.connect(str(data_dir / "store.duckdb")) as file:
        file.execute("UPDATE meta SET value = 'other' WHERE name = 'digest'")
    assert run_check(data_dir) == 0
    assert "store.duckdb: another version made the tables; the next start makes them anew" in capsys.readouterr().out


def test_tables_ahead_of_an_emptied_journal_are_a_problem(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path in (data_dir / "journal").iterdir():
        path.unlink()
    assert run_check(data_dir) == 1
    assert "bytes more than the journal holds" in capsys.readouterr().out


def test_where_there_is_nothing_it_cannot_tell(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_check(tmp_path / "nothing") == 2
    assert "There is no journal at" in capsys.readouterr().err
    assert not (tmp_path / "nothing").exists()


def test_a_journal_of_a_newer_program_it_cannot_tell_of(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (data_dir / "journal" / "format.json").write_bytes(b'{"version":9,"sealed_from":0}')
    assert run_check(data_dir) == 2
    assert "a newer mmbatch_dash wrote it" in capsys.readouterr().err


def test_what_was_folded_damaged_and_is_whole_again_wants_a_rebuild(
    data_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    segment = data_dir / "journal" / f"{0:020d}.ndjson"
    whole = segment.read_bytes()
    hurt(data_dir)
    for path in data_dir.glob("store.duckdb*"):
        path.unlink()
    services = open_services(build_settings(data_dir), start_folding=False)
    services.fold.fold_all()
    services.close()
    segment.write_bytes(whole)
    assert run_check(data_dir) == 1
    assert "it was damaged when it was folded and is whole again; `rebuild` brings it in" in capsys.readouterr().out
    with pytest.raises(SystemExit) as end:
        main(["rebuild", "--data-dir", str(data_dir)])
    assert not end.value.code
    assert run_check(data_dir) == 0
