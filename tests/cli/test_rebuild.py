"""`rebuild` makes the tables anew, and never gives up what only the old ones know without being told to."""

import os
from pathlib import Path

import orjson
import pytest

from mmbatch_dash.cli import main
from mmbatch_dash.settings import Settings, build_settings
from mmbatch_dash.store.lock import hold
from tests.reference.worked_example import WORKED_EXAMPLE


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A data directory with the worked example in it."""
    settings = build_settings(tmp_path / "data", environ={})
    events = tmp_path / "events.ndjson"
    events.write_bytes(b"\n".join(map(orjson.dumps, WORKED_EXAMPLE)))
    assert run("import", str(events), settings=settings) == 0
    return settings


def run(*arguments: str, settings: Settings) -> int:
    with pytest.raises(SystemExit) as ended:
        main([*arguments, "--data-dir", str(settings.data_dir)])
    assert ended.value.code is None or isinstance(ended.value.code, int)
    return ended.value.code or 0


def figures(settings: Settings, capsys: pytest.CaptureFixture[str]) -> object:
    capsys.readouterr()
    assert run("summary", "--json", settings=settings) == 0
    return orjson.loads(capsys.readouterr().out)["figures"]


def cut_journal(settings: Settings) -> None:
    [segment] = settings.journal_dir.glob("*.ndjson")
    os.truncate(segment, segment.stat().st_size // 3)


def test_a_whole_journal_gives_the_same_tables(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    before = figures(settings, capsys)
    assert run("rebuild", settings=settings) == 0
    assert "Rebuilt" in capsys.readouterr().out
    assert figures(settings, capsys) == before


def test_with_a_cut_journal_the_tables_stay_and_it_says_how_much_is_missing(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    before = figures(settings, capsys)
    cut_journal(settings)
    assert run("rebuild", settings=settings) == 3
    told = capsys.readouterr().err
    assert "so the tables before stay as they are" in told
    assert "could not be read" in told
    assert figures(settings, capsys) == before


def test_whoever_accepts_the_loss_gets_what_is_left(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    before = figures(settings, capsys)
    cut_journal(settings)
    assert run("rebuild", "--accept-loss", settings=settings) == 3
    assert "could not be read" in capsys.readouterr().err
    assert figures(settings, capsys) != before


def test_beside_whoever_holds_the_directory_it_is_refused(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    with hold(settings.data_dir):
        assert run("rebuild", settings=settings) == 1
    assert "is in use by process" in capsys.readouterr().err
