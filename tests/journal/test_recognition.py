"""Repeats are recognised for a day, across restarts, lost or damaged side files and clocks that jump."""

import errno
from pathlib import Path

import numpy as np
import pytest

from mmbatch_dash.store.journal import recognition
from mmbatch_dash.store.journal.window import TAIL_LIMIT, IdentityWindow
from tests.journal.conftest import START, Clock, OpenJournal, record

SMALL = 400
"""Bytes a segment: a few lines each."""


def side_files(folder: Path) -> list[Path]:
    return sorted((folder / "journal").glob("*.ids.npz"))


def test_repeats_are_recognised_after_a_restart(open_journal: OpenJournal, tmp_path: Path) -> None:
    open_journal(SMALL).append([record(number) for number in range(1, 21)])
    for number in range(21, 41):
        open_journal(SMALL).append([record(number)])
    assert len(side_files(tmp_path)) > 3
    result = open_journal(SMALL).append([record(number) for number in range(1, 42)])
    assert (result.accepted, result.duplicates) == (1, 40)


def test_conflicts_are_recognised_after_a_restart(open_journal: OpenJournal) -> None:
    open_journal(SMALL).append([record(1, digest=1)])
    assert open_journal(SMALL).append([record(1, digest=2)]).conflicts == (0,)


def test_lost_side_files_are_made_again(open_journal: OpenJournal, tmp_path: Path) -> None:
    journal = open_journal(SMALL)
    for number in range(1, 30):
        journal.append([record(number)])
    journal.append([])
    files = side_files(tmp_path)
    for path in files:
        path.unlink()
    assert open_journal(SMALL).append([record(number) for number in range(1, 31)]).duplicates == 29
    assert side_files(tmp_path)[: len(files)] == files


@pytest.mark.parametrize("share", [0, 0.1, 0.5, 0.9, 0.99])
def test_a_cut_side_file_is_made_again(open_journal: OpenJournal, tmp_path: Path, share: float) -> None:
    open_journal(SMALL).append([record(number) for number in range(1, 21)])
    open_journal(SMALL)
    [path, *_] = side_files(tmp_path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    assert open_journal(SMALL).append([record(1)]).duplicates == 1


def test_a_side_file_with_any_byte_changed_is_read_right_or_made_again(tmp_path: Path) -> None:
    path = tmp_path / "x.ids.npz"
    recognition._write_sidecar(path, {1: 2, 3: 4}, START, START)
    whole = path.read_bytes()
    read = 0
    for place in range(len(whole)):
        damaged = bytearray(whole)
        damaged[place] ^= 0xFF
        path.write_bytes(bytes(damaged))
        run = recognition._read_sidecar(path)
        if run is not None:
            read += 1
            assert dict(zip(run[0].tolist(), run[1].tolist(), strict=True)) == {1: 2, 3: 4}
    assert read < len(whole)


def test_a_full_disk_does_not_keep_the_journal_from_opening(
    open_journal: OpenJournal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_journal(SMALL).append([record(number) for number in range(1, 21)])
    open_journal(SMALL)
    for path in side_files(tmp_path):
        path.unlink()

    def full(*_arguments: object, **_options: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    assert open_journal(SMALL).append([record(5)]).duplicates == 1


def test_damaged_lines_do_not_keep_the_journal_from_opening(open_journal: OpenJournal, tmp_path: Path) -> None:
    open_journal().append([record(1)])
    open_journal()
    with (tmp_path / "journal" / f"{0:020d}.ndjson").open("ab") as file:
        file.write(b'\xff\xfe\n42\nnull\n{}\n{"received_at":5}\n{"received_at":"no","identity":7}\n{"identity":1\n')
        file.write(record(2).line)
    result = open_journal().append([record(1), record(2), record(3)])
    assert (result.accepted, result.duplicates) == (1, 2)


def test_a_day_later_a_repeat_is_left_to_the_fold(open_journal: OpenJournal, clock: Clock) -> None:
    journal = open_journal()
    for hour in range(30):
        journal.append([record(1 + hour)])
        clock.forward(hours=1)
    assert journal.append([record(30)]).duplicates == 1
    assert journal.append([record(8)]).duplicates == 1
    assert journal.append([record(1)]).accepted == 1


def test_repeats_are_recognised_for_the_whole_day_at_any_rate(open_journal: OpenJournal, clock: Clock) -> None:
    journal = open_journal()
    for number in range(24 * 6):
        journal.append([record(1 + number)])
        clock.forward(minutes=9.9)
    assert journal.append([record(1 + number) for number in range(24 * 6)]).duplicates == 24 * 6


@pytest.mark.parametrize("jump", [{"days": -400}, {"hours": -2}, {"hours": 2}])
def test_a_clock_that_jumps_forgets_nothing_of_the_day(
    open_journal: OpenJournal, clock: Clock, jump: dict[str, float]
) -> None:
    journal = open_journal(SMALL)
    journal.append([record(number) for number in range(1, 11)])
    clock.forward(**jump)
    journal.append([record(number) for number in range(11, 21)])
    everything = [record(number) for number in range(1, 21)]
    assert journal.append(everything).duplicates == 20
    assert open_journal(SMALL).append(everything).duplicates == 20


def test_a_clock_that_jumped_ahead_and_back_forgets_nothing_of_what_came_after(
    open_journal: OpenJournal, clock: Clock
) -> None:
    journal = open_journal(SMALL)
    clock.forward(days=300)
    journal.append([record(1)])
    clock.forward(days=-300)
    for number in range(2, 12):
        journal.append([record(number)])
        clock.forward(hours=1)
    everything = [record(number) for number in range(1, 12)]
    assert journal.append(everything).duplicates == 11
    assert open_journal(SMALL).append(everything).duplicates == 11


def test_the_window_finds_each_of_very_many_and_stays_compact() -> None:
    window = IdentityWindow()
    count = 3 * TAIL_LIMIT + 17
    for begin in range(0, count, 1000):
        window.add({number * 7919: number for number in range(begin + 1, min(begin + 1000, count) + 1)}, START)
    assert len(window) == count
    assert window.digests_of([7919, 7919 * count, 7919 * (count + 1)]) == {7919: 1, 7919 * count: count}
    assert len(window._runs) <= 3
