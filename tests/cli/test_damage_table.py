"""Damage of every kind, and what figures, `check` and `rebuild` then say; nothing is replaced by less."""

import shutil
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

from mmbatch_dash.adapters.cloudevents import read_batch
from mmbatch_dash.cli import main
from mmbatch_dash.services.intake import Intake
from mmbatch_dash.settings import Settings, build_settings
from mmbatch_dash.store.journal import FileJournal
from mmbatch_dash.store.journal.keeper import Keeper

pytestmark = pytest.mark.slow

FIRST = f"{0:020d}.ndjson"
JOBS = 14


def job(number: int) -> dict[str, object]:
    return {
        "specversion": "1.0",
        "id": str(number),
        "source": "my/node",
        "type": "mmbatch.job.submitted",
        "time": "2026-03-01T12:00:00Z",
        "data": {"job_id": f"job-{number:02}", "queue": "align", "vcpus": 8},
    }


def run(*arguments: str, settings: Settings) -> int:
    with pytest.raises(SystemExit) as ended:
        main([*arguments, "--data-dir", str(settings.data_dir)])
    return int(ended.value.code or 0)


def total_jobs(settings: Settings, capsys: pytest.CaptureFixture[str]) -> int:
    capsys.readouterr()
    assert run("summary", "--json", settings=settings) == 0
    return int(orjson.loads(capsys.readouterr().out)["figures"]["total_jobs"])


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A data directory of fourteen jobs in small segments, those closed compressed; not folded yet."""
    settings = build_settings(tmp_path / "data", environ={})
    journal = FileJournal(settings.journal_dir, segment_bytes=2000)
    intake = Intake(journal)
    for number in range(JOBS):
        intake.take(read_batch([job(number)]))
    journal.append([])
    Keeper(journal, lambda: journal.end).close_segments()
    assert len(journal.shelf.starts) >= 3
    journal.close()
    return settings


def segments(settings: Settings) -> list[Path]:
    return sorted(settings.journal_dir.glob("*.ndjson*"))


def change(path: Path, place: float, piece: bytes) -> None:
    data = bytearray(path.read_bytes())
    begin = int(len(data) * place)
    data[begin : begin + len(piece)] = piece
    path.write_bytes(bytes(data))


def flip(settings: Settings) -> None:
    change(segments(settings)[-1], 0.3, b"\x80")


def zeros(settings: Settings) -> None:
    change(segments(settings)[-1], 0.3, bytes(40))


def packed_flip(settings: Settings) -> None:
    change(segments(settings)[0], 0.4, b"\xff\x00\xff")


def cut_last(settings: Settings) -> None:
    path = segments(settings)[-1]
    path.write_bytes(path.read_bytes()[:-30])


def missing_middle(settings: Settings) -> None:
    segments(settings)[1].unlink()


def missing_first(settings: Settings) -> None:
    segments(settings)[0].unlink()


HURTS = (flip, zeros, packed_flip, cut_last, missing_middle, missing_first)


@pytest.mark.parametrize("hurt", HURTS, ids=lambda hurt: hurt.__name__)
def test_before_the_fold_the_rest_is_counted_and_everybody_says_degraded(
    settings: Settings, capsys: pytest.CaptureFixture[str], hurt: Callable[[Settings], None]
) -> None:
    hurt(settings)
    assert run("check", settings=settings) == 1
    assert "degraded" in capsys.readouterr().out
    assert 0 < total_jobs(settings, capsys) < JOBS
    assert run("rebuild", settings=settings) == 3
    assert "could not be read" in capsys.readouterr().err


@pytest.mark.parametrize("hurt", [packed_flip, missing_middle], ids=lambda hurt: hurt.__name__)
def test_after_the_fold_the_tables_keep_what_the_journal_lost(
    settings: Settings, capsys: pytest.CaptureFixture[str], hurt: Callable[[Settings], None]
) -> None:
    assert total_jobs(settings, capsys) == JOBS
    hurt(settings)
    assert run("check", settings=settings) == 1
    assert run("rebuild", settings=settings) == 3
    assert "so the tables before stay as they are" in capsys.readouterr().err
    assert total_jobs(settings, capsys) == JOBS
    assert run("rebuild", "--accept-loss", settings=settings) == 3
    assert 0 < total_jobs(settings, capsys) < JOBS


def test_an_emptied_journal_leaves_the_tables_and_takes_new_events(
    settings: Settings, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert total_jobs(settings, capsys) == JOBS
    shutil.rmtree(settings.journal_dir)
    settings.journal_dir.mkdir()
    more = tmp_path / "more.ndjson"
    more.write_bytes(orjson.dumps(job(99)))
    assert run("import", str(more), settings=settings) == 0
    assert total_jobs(settings, capsys) == JOBS + 1
    assert run("check", settings=settings) == 1
    assert run("rebuild", settings=settings) == 3
    assert total_jobs(settings, capsys) == JOBS + 1


def old_line(number: int) -> bytes:
    """A line as version 0.1 wrote it."""
    event = {**job(number), "type": "mmbatch.job.started", "data": {"job_id": f"job-{number}", "attempt": 1}}
    fact = {"job_id": f"job-{number}", "attempt": 1, "type": event["type"], "at": event["time"]}
    head = {"received_at": "2026-11-27T11:38:58.566926Z", "kind": 3, "source": "my/node", "id": str(number)}
    rest = {"identity": 1000 + number, "digest": 1, "type": event["type"], "time": event["time"]}
    return orjson.dumps({**head, **rest, "facts": [fact], "raw": event}) + b"\n"


@pytest.mark.parametrize("real", [False, True], ids=["made", "as it was seen"])
def test_three_nul_bytes_in_the_second_of_three_lines_are_told_by_rebuild_and_check(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest, real: bool
) -> None:
    settings = build_settings(tmp_path / "data", environ={})
    settings.journal_dir.mkdir(parents=True)
    if real:
        seen = request.getfixturevalue("shared_data") / "doors" / "journal-damaged-line" / FIRST
        shutil.copyfile(seen, settings.journal_dir / FIRST)
    else:
        lines = [old_line(number) for number in (1, 2, 3)]
        middle = len(lines[1]) // 2
        lines[1] = lines[1][:middle] + bytes(3) + lines[1][middle + 3 :]
        (settings.journal_dir / FIRST).write_bytes(b"".join(lines))
    assert run("rebuild", settings=settings) == 3
    assert "1 places of the journal" in capsys.readouterr().err
    assert run("check", settings=settings) == 1
    assert f"{FIRST}, line 2: it is not JSON" in capsys.readouterr().out
    assert total_jobs(settings, capsys) == 2
