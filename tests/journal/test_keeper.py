"""Closed segments are listed and compressed; their lines keep their positions, and damage is found in them too."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

from mmbatch_dash.store.journal import Journal
from mmbatch_dash.store.journal.frames import FRAME_BYTES
from mmbatch_dash.store.journal.keeper import Keeper
from mmbatch_dash.store.journal.manifest import Manifest
from mmbatch_dash.store.journal.verify import DIGEST_DIFFERS, verify_journal
from tests.journal.conftest import OpenJournal, content, record

SIZE = len(record(10).line)
SEGMENT = 3 * SIZE
BIG = 400
"""Bytes of filler of a line, where a segment is to hold several frames."""


def fill(open_journal: OpenJournal, count: int = 9, segment_bytes: int = SEGMENT, size: int = 0) -> Journal:
    """A journal of `count` entries in several segments, all of them closed but the last."""
    journal = open_journal(segment_bytes)
    for number in range(10, 10 + count):
        journal.append([record(number, size=size)])
    journal.append([])
    return journal


def keep(journal: Journal) -> int:
    return Keeper(journal, lambda: journal.end).close_segments()


def packed_files(folder: Path) -> list[Path]:
    return sorted((folder / "journal").glob("*.ndjson.zst"))


def test_closed_segments_are_listed_and_compressed_and_read_as_before(
    open_journal: OpenJournal, tmp_path: Path
) -> None:
    journal = fill(open_journal)
    before = content(journal)
    assert keep(journal) == 3
    assert len(packed_files(tmp_path)) == 3
    assert [path.name for path in sorted((tmp_path / "journal").glob("*.ndjson"))] == [f"{9 * SIZE:020d}.ndjson"]
    assert [(one.start, one.length, one.generation) for one in journal.manifest.all()] == [
        (number * SEGMENT, SEGMENT, 0) for number in range(3)
    ]
    assert content(journal) == before
    assert [journal.read_line(number * SIZE) for number in range(9)] == before.splitlines(keepends=True)
    again = open_journal(SEGMENT)
    assert content(again) == before
    assert again.append([record(number) for number in range(10, 20)]).duplicates == 9
    assert keep(again) == 0


def test_a_segment_waits_until_it_is_folded(open_journal: OpenJournal) -> None:
    journal = fill(open_journal)
    assert Keeper(journal, lambda: SEGMENT + 1).close_segments() == 1


def test_other_programs_unpack_a_compressed_segment(open_journal: OpenJournal, tmp_path: Path) -> None:
    journal = fill(open_journal, count=2000, segment_bytes=3 * FRAME_BYTES, size=BIG)
    before = content(journal)
    assert keep(journal) >= 1
    path = packed_files(tmp_path)[0]
    try:
        unpacked = subprocess.run(["zstd", "-dc", str(path)], capture_output=True, check=True).stdout
    except FileNotFoundError:
        pytest.skip("zstd is not installed here")
    assert unpacked == before[: len(unpacked)]
    assert len(unpacked) == journal.manifest.all()[0].length


def test_reading_anywhere_in_a_segment_of_many_frames_gives_the_same_lines(open_journal: OpenJournal) -> None:
    journal = fill(open_journal, count=2000, segment_bytes=3 * FRAME_BYTES, size=BIG)
    lines = content(journal).splitlines(keepends=True)
    places = [sum(map(len, lines[:number])) for number in (0, 1, 700, 1200, 1999)]
    assert keep(journal) >= 1
    assert [orjson.loads(journal.read_line(place) or b"")["identity"] for place in places] == [10, 11, 710, 1210, 2009]
    position, identities = 0, []
    while (stretch := journal.read(position, 10_000)).end > position:
        identities += [orjson.loads(each)["identity"] for each in stretch.data.splitlines()]
        position = stretch.end
    assert identities == list(range(10, 2010))


def flip_middle(data: bytearray) -> None:
    data[len(data) // 3] ^= 0xFF


def cut_half(data: bytearray) -> None:
    del data[len(data) // 2 :]


def cut_table(data: bytearray) -> None:
    del data[-30:]


def zeros(data: bytearray) -> None:
    data[:] = bytes(len(data))


@pytest.mark.parametrize("hurt", [flip_middle, cut_half, cut_table, zeros])
def test_damage_in_a_compressed_segment_is_found_and_the_other_segments_are_read(
    open_journal: OpenJournal, tmp_path: Path, hurt: Callable[[bytearray], None]
) -> None:
    journal = fill(open_journal, count=3000, segment_bytes=3 * FRAME_BYTES, size=BIG)
    keep(journal)
    closed = journal.manifest.all()[0]
    whole = verify_journal(tmp_path / "journal")
    assert (whole.damage, whole.end, whole.unverified_bytes) == ((), journal.end, 0)
    path = packed_files(tmp_path)[0]
    data = bytearray(path.read_bytes())
    hurt(data)
    path.write_bytes(bytes(data))

    again = open_journal(3 * FRAME_BYTES)
    read = [orjson.loads(each)["identity"] for each in content(again).splitlines() if each.strip()]
    in_first = closed.length // len(record(10, size=BIG).line)
    expected = list(range(10, 3010))
    assert read[-(3000 - in_first) :] == expected[in_first:]
    assert set(read) <= set(expected)
    if hurt is not cut_table:
        assert again.damage.count > 0
        assert len(read) < 3000
    found = verify_journal(tmp_path / "journal")
    assert found.damage == again.damage.places
    assert all(damage.end <= closed.end for damage in found.damage)


def test_a_changed_byte_that_no_line_tells_of_is_told_by_the_digest(tmp_path: Path, open_journal: OpenJournal) -> None:
    folder = tmp_path / "journal"
    folder.mkdir()
    old = b"".join(record(number).line[:-19] + b"}\n" for number in range(10, 14))
    (folder / f"{0:020d}.ndjson").write_bytes(old)
    journal = open_journal(len(old))
    journal.append([record(20)])
    journal.append([])
    Keeper(journal, lambda: journal.end).close_segments()
    path = packed_files(tmp_path)[0]
    path.unlink()
    path.with_suffix("").write_bytes(old.replace(b"2026", b"2027", 1) + record(20).line)
    found = verify_journal(folder)
    assert [(damage.position, damage.reason) for damage in found.damage] == [(0, DIGEST_DIFFERS)]
    keeper = Keeper(journal, lambda: journal.end)
    keeper.scrub()
    assert [damage.reason for damage in journal.damage.places] == [DIGEST_DIFFERS]


def test_a_listed_segment_that_is_missing_is_found(open_journal: OpenJournal, tmp_path: Path) -> None:
    journal = fill(open_journal)
    keep(journal)
    packed_files(tmp_path)[1].unlink()
    found = verify_journal(tmp_path / "journal")
    assert [(damage.position, damage.end, damage.reason) for damage in found.damage] == [
        (SEGMENT, 2 * SEGMENT, "cut off")
    ]
    assert len(content(open_journal(SEGMENT)).split()) == 6


def test_a_damaged_line_of_the_manifest_costs_only_that_line(open_journal: OpenJournal, tmp_path: Path) -> None:
    keep(fill(open_journal))
    path = tmp_path / "journal" / "manifest.jsonl"
    data = bytearray(path.read_bytes())
    data[20] ^= 1
    path.write_bytes(bytes(data))
    manifest = Manifest(tmp_path / "journal")
    assert (manifest.damaged_lines, len(manifest.all())) == (1, 2)
    assert verify_journal(tmp_path / "journal").damage == ()


def test_compressing_that_was_interrupted_is_done_again(open_journal: OpenJournal, tmp_path: Path) -> None:
    journal = fill(open_journal)
    before = content(journal)
    keep(journal)
    path = packed_files(tmp_path)[0]
    # Listed and compressed, and killed before the plain file was removed.
    path.with_suffix("").write_bytes(before[:SEGMENT])
    path.with_suffix(".tmp").write_bytes(b"half")
    again = open_journal(SEGMENT)
    assert content(again) == before
    assert keep(again) == 1
    assert not path.with_suffix("").exists()
    assert content(again) == before
