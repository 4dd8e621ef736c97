"""Commands around a shared database: they make it, move a journal into it, and refuse what works on files alone."""

from contextlib import closing
from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from mmbatch_dash.adapters.cloudevents import read_batch
from mmbatch_dash.cli import app, main
from mmbatch_dash.domain.disowning import disown
from mmbatch_dash.domain.errors import InvalidInput, MmbatchDashError
from mmbatch_dash.services import open_services
from mmbatch_dash.services.storage import read_storage
from mmbatch_dash.settings import build_settings
from mmbatch_dash.store.cluster.journal import PostgresJournal
from mmbatch_dash.store.cluster.migrate import list_migrations
from mmbatch_dash.store.cluster.postgres import Postgres
from tests.journal.conftest import content
from tests.postgres import PostgresServer

VARIABLE = "MMBATCH_DASH__CLUSTER__POSTGRES"
EVENTS = [
    {
        "specversion": "1.0",
        "id": f"{number}",
        "source": "my/node",
        "type": kind,
        "time": f"2026-03-01T12:0{number}:00Z",
        "data": {"job_id": "job-1", **({"attempt": 1} if number > 1 else {})},
    }
    for number, kind in enumerate(("mmbatch.job.submitted", "mmbatch.job.started", "mmbatch.job.succeeded"), 1)
]


def run(*arguments: str | Path) -> tuple[int, str]:
    """Exit code and what was said; an error made on purpose is its sentence."""
    done = CliRunner().invoke(app, [str(argument) for argument in arguments])
    said = f"{done.output}{done.exception}" if isinstance(done.exception, MmbatchDashError) else done.output
    return done.exit_code, said


def test_the_tables_are_made_by_a_command_that_may_come_again(
    empty_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = tmp_path / "address"
    held.write_text(empty_database)
    monkeypatch.setenv(VARIABLE, str(held))
    code, said = run("cluster", "migrate", "--data-dir", tmp_path)
    assert (code, list_migrations()[0] in said, said.startswith("Migrated 127.0.0.1:")) == (0, True, True)
    code, said = run("cluster", "migrate", "--data-dir", tmp_path)
    assert (code, said.endswith("is as this program needs it.\n")) == (0, True)


def test_without_an_address_the_key_is_named(tmp_path: Path) -> None:
    assert "cluster.postgres is not set" in run("cluster", "migrate", "--data-dir", tmp_path)[1]


def test_a_server_does_not_start_on_a_database_without_tables(
    empty_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(VARIABLE, empty_database)
    with pytest.raises(SystemExit):
        main(["serve", "--data-dir", str(tmp_path / "data"), "--port", "0"])
    assert "run `mmbatch-dash cluster migrate` once, then start the servers." in capsys.readouterr().err
    assert not (tmp_path / "data" / "journal").exists()


def test_a_journal_is_moved_whole_and_only_once(
    migrated_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = open_services(build_settings(tmp_path / "alone"), start_folding=False)

    alone.intake.take(read_batch([*EVENTS, {"id": "no event"}]), "token:nightly")
    alone.intake.take(read_batch(EVENTS[:1]), "token:other")
    lines = content(alone.journal)
    alone.close()
    assert lines.count(b"\n") == 5
    monkeypatch.setenv(VARIABLE, migrated_database)
    for expected in ("4 lines are new at", "0 lines are new at"):
        code, said = run("cluster", "load", tmp_path / "alone", "--data-dir", tmp_path / "shared")
        assert (code, said.strip().startswith(expected)) == (0, True), said
    postgres = Postgres(migrated_database)
    journal = PostgresJournal(postgres)
    assert content(journal) == lines
    journal.close()
    postgres.close()


@pytest.mark.parametrize(
    "command", [("backup", "/nowhere"), ("check",), ("rebuild",), ("disown", "--token", "nightly")], ids=lambda c: c[0]
)
def test_what_works_on_files_alone_is_refused_and_names_the_database(
    command: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "journal").mkdir()
    (tmp_path / "config.yaml").write_text("cluster:\n  postgres: postgresql://ana:secret@db.example/fleet\n")
    code, said = run(*command, "--data-dir", tmp_path)
    assert code in (1, 2)
    assert f"`{command[0]}` works on the files of a server that serves alone" in said
    assert "in the database at db.example/fleet (cluster.postgres)" in said
    assert "secret" not in said
    assert orjson.dumps(sorted(path.name for path in tmp_path.iterdir())) == b'["config.yaml","journal"]'


def test_a_simulated_fleet_is_kept_out(postgres_server: PostgresServer, tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(f"cluster:\n  postgres: {postgres_server.address('migrated')}\n")
    with pytest.raises(MmbatchDashError, match="A simulated fleet is never put into a shared database"):
        open_services(build_settings(tmp_path, simulated=True), start_folding=False)


def test_tables_and_figures_are_those_of_a_server_that_serves_alone(migrated_database: str, tmp_path: Path) -> None:
    from mmbatch_dash.domain.selection import Selection

    opened = []
    for name in ("alone", "one", "other"):
        folder = tmp_path / name
        folder.mkdir()
        if name != "alone":
            (folder / "config.yaml").write_text(f"cluster:\n  postgres: {migrated_database}\n")
        opened.append(open_services(build_settings(folder), start_folding=False))
    alone, one, other = opened
    alone.intake.take(read_batch(EVENTS))
    assert one.intake.take(read_batch(EVENTS[:2])).accepted == 2
    assert other.intake.take(read_batch(EVENTS)).duplicates == 2
    one.journal.go_on_from(other.journal.end)  # asks for the end at once
    for services in opened:
        services.fold.fold_all()
    figures = [services.reports.summary(Selection()).figures for services in opened]
    assert figures[0] == figures[1] == figures[2]
    assert [services.jobs.count(Selection()) for services in opened] == [1, 1, 1]
    told = [[event["id"] for event in services.jobs.events("job-1").rows] for services in opened]
    assert told == [["1", "2", "3"]] * 3
    assert {path.name for path in (tmp_path / "one").glob("store*.duckdb")} == {f"store-{one.journal.name[:8]}.duckdb"}
    with pytest.raises(InvalidInput, match="There nothing can be disowned yet"):
        one.disowning.change(disown("nightly", None, None, None))
    storage = read_storage(one.settings, one.clock(), one.place.shared)
    assert (storage.journal_bytes > 0, storage.tables_bytes > 0, storage.full_in_days) == (True, True, None)
    assert one.place.is_turn()
    assert not other.place.is_turn()
    one.close()
    other.place.is_turn()
    for services in (alone, other):
        services.close()


def test_damage_of_the_shared_journal_is_told_after_a_restart_too(migrated_database: str, tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(f"cluster:\n  postgres: {migrated_database}\n")
    server = open_services(build_settings(tmp_path), start_folding=False)
    for event in EVENTS:
        server.intake.take(read_batch([event]))
    with closing(Postgres(migrated_database)) as postgres, postgres.transaction() as cursor:
        cursor.execute("UPDATE mmbatch.journal SET lines = 'nonsense' WHERE start_position = 0")
    server.fold.fold_all()
    for _ in range(2):
        (said,) = server.condition.degraded()
        assert said.startswith("1 place of the shared journal cannot be read (default/0,")
        server.close()
        server = open_services(build_settings(tmp_path), start_folding=False)
    server.close()
