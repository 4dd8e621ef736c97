"""Segment files: whole lines at global positions, whatever was cut off, rotated or refused by the disk."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from mmbatch_dash.store.journal.segments import Segments


def lines_of(segments: Segments, max_bytes: int) -> list[bytes]:
    """Every line, read step by step as the fold does."""
    read: list[bytes] = []
    position = 0
    while True:
        data, position = segments.read(position, max_bytes)
        if not data:
            return read
        read += data.splitlines(keepends=True)


def test_a_line_that_a_killed_process_left_unfinished_is_cut_off(tmp_path: Path) -> None:
    segments = Segments(tmp_path)
    segments.append(b"one\ntwo\n")
    segments.close()
    with (tmp_path / f"{0:020d}.ndjson").open("ab") as file:
        file.write(b"thr")
    again = Segments(tmp_path)
    assert again.end == 8
    again.append(b"three\n")
    assert lines_of(again, 1 << 20) == [b"one\n", b"two\n", b"three\n"]


@pytest.mark.parametrize("torn", [b"x" * 3_000_000, b"\x00" * 5000])
def test_an_unfinished_line_longer_than_a_look_back_is_cut_off(tmp_path: Path, torn: bytes) -> None:
    (tmp_path / f"{0:020d}.ndjson").write_bytes(b"one\n" + torn)
    segments = Segments(tmp_path)
    assert segments.end == 4
    assert lines_of(segments, 100) == [b"one\n"]


def test_a_file_of_one_unfinished_line_becomes_empty(tmp_path: Path) -> None:
    (tmp_path / f"{0:020d}.ndjson").write_bytes(b"never finished")
    segments = Segments(tmp_path)
    assert (segments.end, segments.read(0, 100)) == (0, (b"", 0))


def test_reading_goes_on_across_segments(tmp_path: Path) -> None:
    segments = Segments(tmp_path, segment_bytes=10)
    written = [f"line {number}\n".encode() for number in range(30)]
    for line in written:
        segments.append(line)
        if segments.is_full():
            segments.rotate()
    assert len(segments.starts) > 10
    assert lines_of(segments, 1 << 20) == written
    assert lines_of(segments, 3) == written
    segments.close()
    again = Segments(tmp_path, segment_bytes=10)
    assert lines_of(again, 25) == written
    assert [again.read_line(start) for start in again.starts[:2]] == [written[0], written[2]]


def test_a_server_killed_right_after_a_rotation_goes_on_in_the_empty_segment(tmp_path: Path) -> None:
    segments = Segments(tmp_path)
    segments.append(b"one\n")
    assert segments.rotate() == 0
    segments.close()
    again = Segments(tmp_path)
    assert (again.starts, again.end) == ((0, 4), 4)
    again.append(b"two\n")
    assert lines_of(again, 100) == [b"one\n", b"two\n"]


def test_a_line_longer_than_the_read_comes_whole(tmp_path: Path) -> None:
    segments = Segments(tmp_path)
    long = b"x" * 100_000 + b"\n"
    segments.append(b"short\n" + long + b"last\n")
    assert segments.read(0, 64) == (b"short\n", 6)
    assert segments.read(6, 64) == (long, 6 + len(long))
    assert lines_of(segments, 64) == [b"short\n", long, b"last\n"]


def test_a_position_outside_names_itself(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="position 7 is not in the journal"):
        Segments(tmp_path).read_line(7)


def test_nothing_of_a_failed_write_remains(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    segments = Segments(tmp_path)
    segments.append(b"one\n")
    write = os.write
    with monkeypatch.context() as broken:
        broken.setattr(os, "write", _write_then_fail(write, after=3))
        with pytest.raises(OSError, match="No space left"):
            segments.append(b"two\n")
    assert (segments.end, (tmp_path / f"{0:020d}.ndjson").read_bytes()) == (4, b"one\n")
    segments.append(b"three\n")
    assert lines_of(segments, 100) == [b"one\n", b"three\n"]


def test_what_could_not_be_cut_off_at_once_is_cut_off_before_the_next_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    segments = Segments(tmp_path)
    segments.append(b"one\n")
    with monkeypatch.context() as broken:
        broken.setattr(os, "write", _write_then_fail(os.write, after=3))
        broken.setattr(os, "ftruncate", _fail)
        with pytest.raises(OSError, match="No space left"):
            segments.append(b"two\n")
    assert (tmp_path / f"{0:020d}.ndjson").read_bytes() == b"one\ntwo"
    assert lines_of(segments, 100) == [b"one\n"]
    segments.append(b"three\n")
    assert lines_of(segments, 100) == [b"one\n", b"three\n"]


def test_a_failed_flush_leaves_nothing_either(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    segments = Segments(tmp_path)
    with monkeypatch.context() as broken:
        broken.setattr(os, "fdatasync", _fail)
        with pytest.raises(OSError, match="No space left"):
            segments.append(b"one\n")
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
