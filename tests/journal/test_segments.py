"""Segment files: whole lines at global positions, whatever was cut off, rotated or refused by the disk."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from mmbatch_dash.store.journal.checksum import seal
from mmbatch_dash.store.journal.damage import DamageBook
from mmbatch_dash.store.journal.reading import Reader
from mmbatch_dash.store.journal.segments import Segments


def line(text: str) -> bytes:
    """A line as the journal writes it."""
    return seal(b'{"said":"%b"}\n' % text.encode())


ONE, TWO, THREE = line("one"), line("two"), line("three")


def reader_of(segments: Segments) -> Reader:
    return Reader(segments, DamageBook(None), 0)


def lines_of(segments: Segments, max_bytes: int) -> list[bytes]:
    """Every line, read step by step as the fold does."""
    read: list[bytes] = []
    position = 0
    while (stretch := reader_of(segments).read(position, max_bytes)).end > position:
        read += stretch.data.splitlines(keepends=True)
        position = stretch.end
    return read


def test_a_line_that_a_killed_process_left_unfinished_is_cut_off(tmp_path: Path) -> None:
    segments = Segments(tmp_path)
    segments.append(ONE + TWO)
    segments.close()
    with (tmp_path / f"{0:020d}.ndjson").open("ab") as file:
        file.write(b"thr")
    again = Segments(tmp_path)
    assert again.end == len(ONE + TWO)
    again.append(THREE)
    assert lines_of(again, 1 << 20) == [ONE, TWO, THREE]


@pytest.mark.parametrize("torn", [b"x" * 3_000_000, b"\x00" * 5000])
def test_an_unfinished_line_longer_than_a_look_back_is_cut_off(tmp_path: Path, torn: bytes) -> None:
    (tmp_path / f"{0:020d}.ndjson").write_bytes(ONE + torn)
    segments = Segments(tmp_path)
    assert segments.end == len(ONE)
    assert lines_of(segments, 100) == [ONE]


def test_a_file_of_one_unfinished_line_becomes_empty(tmp_path: Path) -> None:
    (tmp_path / f"{0:020d}.ndjson").write_bytes(b"never finished")
    segments = Segments(tmp_path)
    assert (segments.end, lines_of(segments, 100)) == (0, [])


def test_reading_goes_on_across_segments(tmp_path: Path) -> None:
    segments = Segments(tmp_path, segment_bytes=50)
    written = [line(f"line {number}") for number in range(30)]
    for each in written:
        segments.append(each)
        if segments.is_full():
            segments.rotate()
    assert len(segments.starts) > 10
    assert lines_of(segments, 1 << 20) == written
    assert lines_of(segments, 3) == written
    segments.close()
    again = Segments(tmp_path, segment_bytes=50)
    assert lines_of(again, 60) == written
    assert [reader_of(again).read_line(start) for start in again.starts[:2]] == [written[0], written[2]]


def test_a_server_killed_right_after_a_rotation_goes_on_in_the_empty_segment(tmp_path: Path) -> None:
    segments = Segments(tmp_path)
    segments.append(ONE)
    assert segments.rotate() == 0
    segments.close()
    again = Segments(tmp_path)
    assert (again.starts, again.end) == ((0, len(ONE)), len(ONE))
    again.append(TWO)
    assert lines_of(again, 100) == [ONE, TWO]


def test_a_line_longer_than_the_read_comes_whole(tmp_path: Path) -> None:
    segments = Segments(tmp_path)
    long = line("x" * 100_000)
    segments.append(ONE + long + TWO)
    assert reader_of(segments).read(0, 64) == (0, ONE, len(ONE))
    assert reader_of(segments).read(len(ONE), 64) == (len(ONE), long, len(ONE + long))
    assert lines_of(segments, 64) == [ONE, long, TWO]


def test_a_position_outside_names_itself(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="position 7 is not in the journal"):
        reader_of(Segments(tmp_path)).read_line(7)


def test_nothing_of_a_failed_write_remains(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    segments = Segments(tmp_path)
    segments.append(ONE)
    write = os.write
    with monkeypatch.context() as broken:
        broken.setattr(os, "write", _write_then_fail(write, after=3))
        with pytest.raises(OSError, match="No space left"):
            segments.append(TWO)
    assert (segments.end, (tmp_path / f"{0:020d}.ndjson").read_bytes()) == (len(ONE), ONE)
    segments.append(THREE)
    assert lines_of(segments, 100) == [ONE, THREE]


def test_what_could_not_be_cut_off_at_once_is_cut_off_before_the_next_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    segments = Segments(tmp_path)
    segments.append(ONE)
    with monkeypatch.context() as broken:
        broken.setattr(os, "write", _write_then_fail(os.write, after=3))
        broken.setattr(os, "ftruncate", _fail)
        with pytest.raises(OSError, match="No space left"):
            segments.append(TWO)
    assert (tmp_path / f"{0:020d}.ndjson").read_bytes() == ONE + TWO[:3]
    assert lines_of(segments, 100) == [ONE]
    segments.append(THREE)
    assert lines_of(segments, 100) == [ONE, THREE]


def test_a_failed_flush_leaves_nothing_either(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    segments = Segments(tmp_path)
    with monkeypatch.context() as broken:
        broken.setattr(os, "fdatasync", _fail)
        with pytest.raises(OSError, match="No space left"):
            segments.append(ONE)
    assert (segments.end, (tmp_path / f"{0:020d}.ndjson").stat().st_size) == (0, 0)


def _fail(*_arguments: object) -> int:
    raise OSError(errno.ENOSPC, "No space left on device")


def _write_then_fail(write: Callable[[int, memoryview], int], after: int) -> Callable[[int, memoryview], int]:
    calls = 0

    def faulty(handle: int, data: memoryview) -> int:
        nonlocal calls
        calls += 1
        return write(handle, data[:after]) if calls == 1 else _fail()

    return faulty
