"""What happened to the journal's files is found, told with its place, and the rest is read."""

from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

from mmbatch_dash.domain.errors import StoreUnavailable
from mmbatch_dash.store.journal import Journal
from mmbatch_dash.store.journal.checksum import DIFFERS, NO_CHECKSUM
from mmbatch_dash.store.journal.records import Record
from tests.journal.conftest import OpenJournal, content, record

SIZE = len(record(1).line)
FIRST = f"{0:020d}.ndjson"


def flip(data: bytearray) -> None:
    data[SIZE + SIZE // 2] ^= 0x10


def zero(data: bytearray) -> None:
    data[SIZE + 10 : SIZE + 40] = bytes(30)


def one_nul(data: bytearray) -> None:
    data[SIZE + 30] = 0


def not_utf8(data: bytearray) -> None:
    data[SIZE + 50 : SIZE + 52] = b"\xff\xfe"


def no_checksum(data: bytearray) -> None:
    data[2 * SIZE - 15] ^= 1


Hurt = Callable[[bytearray], None]


def hurt_file(path: Path, hurt: Hurt) -> None:
    data = bytearray(path.read_bytes())
    hurt(data)
    path.write_bytes(bytes(data))


@pytest.fixture
def filled(open_journal: OpenJournal, tmp_path: Path) -> Path:
    """The folder of a journal of five entries, closed."""
    open_journal().append([record(number) for number in range(1, 6)])
    open_journal().close()
    return tmp_path / "journal"


def numbers(journal: Journal) -> list[int]:
    """Identities of the lines that can be read."""
    return [orjson.loads(line)["identity"] for line in content(journal).splitlines() if line.strip()]


@pytest.mark.parametrize(
    ("hurt", "reason"),
    [(flip, DIFFERS), (zero, DIFFERS), (one_nul, DIFFERS), (not_utf8, DIFFERS), (no_checksum, NO_CHECKSUM)],
)
def test_a_damaged_line_is_left_out_and_noted_with_file_and_line(
    filled: Path, open_journal: OpenJournal, hurt: Hurt, reason: str
) -> None:
    hurt_file(filled / FIRST, hurt)
    journal = open_journal()
    assert numbers(journal) == [1, 3, 4, 5]
    assert [str(place) for place in journal.damage.places] == [f"{FIRST}, line 2: {reason}"]
    assert journal.read_line(SIZE) is None
    assert journal.read_line(2 * SIZE) == record(3).line
    assert journal.append([record(6)]).accepted == 1
    assert numbers(open_journal()) == [1, 3, 4, 5, 6]
    assert open_journal().damage.count == 1


def test_an_end_of_line_that_is_lost_takes_two_lines_with_it(filled: Path, open_journal: OpenJournal) -> None:
    hurt_file(filled / FIRST, lambda data: data.__setitem__(2 * SIZE - 1, 0))
    journal = open_journal()
    assert numbers(journal) == [1, 4, 5]
    assert [(place.position, place.length) for place in journal.damage.places] == [(SIZE, 2 * SIZE)]


@pytest.mark.parametrize("gone", [1, SIZE, SIZE + 7, 5 * SIZE])
def test_an_acknowledged_end_that_is_cut_off_is_noted_and_nothing_new_takes_its_place(
    filled: Path, open_journal: OpenJournal, gone: int
) -> None:
    path = filled / FIRST
    path.write_bytes(path.read_bytes()[:-gone])
    journal = open_journal()
    assert journal.end == 5 * SIZE
    left = [number for number in range(1, 6) if number * SIZE <= 5 * SIZE - gone]
    assert numbers(journal) == left
    [place] = journal.damage.places
    assert (place.position, place.end) == (len(left) * SIZE, 5 * SIZE)
    assert journal.append([record(6)]).end == 6 * SIZE
    assert numbers(open_journal()) == [*left, 6]


def test_a_damaged_end_is_not_taken_for_an_unfinished_line(filled: Path, open_journal: OpenJournal) -> None:
    hurt_file(filled / FIRST, lambda data: data.__setitem__(slice(4 * SIZE + 5, 5 * SIZE), bytes(SIZE - 5)))
    journal = open_journal()
    assert journal.append([record(6)]).end == 6 * SIZE
    assert numbers(journal) == [1, 2, 3, 4, 6]
    assert [(place.position, place.end) for place in journal.damage.places] == [(4 * SIZE, 5 * SIZE)]
    assert (filled / FIRST).stat().st_size == 5 * SIZE


@pytest.mark.parametrize("which", [0, 1, -2, -1])
def test_a_missing_segment_is_noted_and_the_others_are_read(
    open_journal: OpenJournal, tmp_path: Path, which: int
) -> None:
    for number in range(1, 9):
        open_journal(2 * SIZE).append([record(number)])
    open_journal(2 * SIZE).close()
    files = sorted((tmp_path / "journal").glob("*.ndjson"))
    assert [path.stat().st_size // SIZE for path in files] == [2, 2, 2, 2, 0]
    files[which].unlink()
    journal = open_journal(2 * SIZE)
    lost = {0: [1, 2], 1: [3, 4], -2: [7, 8], -1: []}[which]
    assert numbers(journal) == [number for number in range(1, 9) if number not in lost]
    assert [(place.position // SIZE, place.length // SIZE) for place in journal.damage.places] == (
        [(lost[0] - 1, 2)] if lost else []
    )
    journal.append([record(9)])
    assert numbers(open_journal(2 * SIZE))[-1] == 9


def test_a_segment_that_is_cut_is_read_as_far_as_it_goes(open_journal: OpenJournal, tmp_path: Path) -> None:
    open_journal(4 * SIZE).append([record(number) for number in range(1, 5)])
    open_journal(4 * SIZE).append([record(5)])
    open_journal().close()
    path = tmp_path / "journal" / FIRST
    path.write_bytes(path.read_bytes()[: 2 * SIZE + 9])
    journal = open_journal()
    assert numbers(journal) == [1, 2, 5]
    [place] = journal.damage.places
    assert (place.position, place.end, place.reason) == (2 * SIZE, 4 * SIZE, "cut off")


def test_lines_of_version_0_1_have_no_checksum_and_are_no_damage(tmp_path: Path, open_journal: OpenJournal) -> None:
    folder = tmp_path / "journal"
    folder.mkdir()
    old = [record(number).line[:-19] + b"}\n" for number in range(1, 4)]
    assert orjson.loads(old[0])["identity"] == 1
    (folder / FIRST).write_bytes(b"".join(old))
    journal = open_journal()
    journal.append([record(4)])
    assert numbers(journal) == [1, 2, 3, 4]
    assert journal.damage.count == 0
    assert orjson.loads((folder / "format.json").read_bytes()) == {"version": 2, "sealed_from": len(b"".join(old))}


def test_nul_bytes_in_a_line_of_version_0_1_are_found(tmp_path: Path, open_journal: OpenJournal) -> None:
    folder = tmp_path / "journal"
    folder.mkdir()
    old = [record(number).line[:-19] + b"}\n" for number in range(1, 4)]
    old[1] = old[1][:40] + bytes(3) + old[1][43:]
    (folder / FIRST).write_bytes(b"".join(old))
    journal = open_journal()
    assert numbers(journal) == [1, 3]
    assert [str(place) for place in journal.damage.places] == [f"{FIRST}, line 2: it is not JSON"]


def test_a_journal_of_a_newer_program_is_refused_in_a_sentence(filled: Path, open_journal: OpenJournal) -> None:
    (filled / "format.json").write_bytes(b'{"version":3,"sealed_from":0}')
    with pytest.raises(StoreUnavailable, match=r"has format 3, and this program knows 2 at most"):
        open_journal()


@pytest.mark.parametrize("lost", ["format.json", "acknowledged"])
def test_a_lost_note_keeps_nothing_from_being_read(filled: Path, open_journal: OpenJournal, lost: str) -> None:
    (filled / lost).unlink()
    journal = open_journal()
    assert numbers(journal) == [1, 2, 3, 4, 5]
    assert (journal.damage.count, journal.append([record(6)]).accepted) == (0, 1)


def test_a_folder_that_vanishes_takes_no_acknowledgement_with_it(open_journal: OpenJournal, tmp_path: Path) -> None:
    journal = open_journal()
    journal.append([record(1)])
    assert journal.obstacle() is None
    (tmp_path / "journal").rename(tmp_path / "elsewhere")
    with pytest.raises(StoreUnavailable, match=r"no longer where this server opened it.*restart"):
        journal.append([record(2)])
    assert "no longer where" in (journal.obstacle() or "")
    (tmp_path / "elsewhere").rename(tmp_path / "journal")
    assert journal.append([record(2)]).accepted == 1
    assert numbers(journal) == [1, 2]


def test_a_file_where_the_journal_should_be_is_named_in_a_sentence(tmp_path: Path, open_journal: OpenJournal) -> None:
    (tmp_path / "journal").write_text("no folder")
    with pytest.raises(StoreUnavailable, match=r"cannot be opened for writing: Not a directory.*must be a folder"):
        open_journal()


def test_a_line_as_it_is_recorded_passes_its_own_check(open_journal: OpenJournal) -> None:
    odd = Record(7, 1, record(7, size=300_000).line)
    journal = open_journal()
    journal.append([odd, record(8)])
    assert numbers(journal) == [7, 8]
    assert journal.read_line(0) == odd.line
