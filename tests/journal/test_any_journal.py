"""What every journal promises: what was answered is durable, once, in an order that no reader sees change."""

import threading

import pytest

from mmbatch_dash.domain.errors import StoreUnavailable
from tests.journal.conftest import OpenAnyJournal, append_by_many_threads, content, record


def test_an_append_tells_new_ones_repeats_and_conflicts_apart(open_any_journal: OpenAnyJournal) -> None:
    journal = open_any_journal()
    assert journal.append([record(1), record(2)]).accepted == 2
    result = journal.append([record(1), record(3), record(2, digest=9), record(3), record(3, digest=9)])
    assert (result.accepted, result.duplicates, result.conflicts) == (1, 2, (2, 4))
    assert result.end == journal.end
    assert content(journal) == b"".join(record(number).line for number in (1, 2, 3))


def test_lines_without_identity_are_never_repeats(open_any_journal: OpenAnyJournal) -> None:
    journal = open_any_journal()
    assert [journal.append([record(0)]).accepted for _ in range(3)] == [1, 1, 1]


def test_an_append_of_nothing_new_writes_nothing(open_any_journal: OpenAnyJournal) -> None:
    journal = open_any_journal()
    end = journal.append([record(1)]).end
    assert journal.append([record(1)]).end == journal.append([]).end == end


def test_a_fault_in_the_writer_reaches_the_caller_and_the_journal_goes_on(open_any_journal: OpenAnyJournal) -> None:
    journal = open_any_journal()
    with pytest.raises(OverflowError):
        journal.append([record(1), record(1 << 64)])
    assert journal.append([record(1)]).accepted == 1


def test_a_closed_journal_refuses_every_append_and_lets_none_wait(open_any_journal: OpenAnyJournal) -> None:
    journal = open_any_journal()
    outcomes: list[int | str] = []
    started = threading.Barrier(9)

    def append(thread: int) -> None:
        started.wait()
        for number in range(1000):
            try:
                outcomes.append(journal.append([record(1 + thread * 1000 + number)]).accepted)
            except StoreUnavailable as error:
                outcomes.append(str(error))
                return

    threads = [threading.Thread(target=append, args=(number,), daemon=True) for number in range(8)]
    for thread in threads:
        thread.start()
    started.wait()
    again = open_any_journal()  # closes the first
    for thread in threads:
        thread.join(timeout=20)
    assert not any(thread.is_alive() for thread in threads)
    refusals = [outcome for outcome in outcomes if isinstance(outcome, str)]
    assert set(refusals) <= {"The journal is closed; the server is shutting down."}
    assert content(again).count(b"\n") == outcomes.count(1)


def test_the_one_who_listens_hears_of_every_flush(open_any_journal: OpenAnyJournal) -> None:
    journal = open_any_journal()
    heard: list[int] = []
    journal.on_append = heard.append
    ends = [journal.append([record(number)]).end for number in (1, 2, 1)]
    journal.append([record(3)])
    open_any_journal()
    assert heard[:2] == ends[:2]
    assert len(heard) == 3


def test_of_what_many_threads_append_each_identity_enters_once(
    open_any_journal: OpenAnyJournal,
) -> None:
    journal = open_any_journal()
    append_by_many_threads(journal)


def test_each_reading_begins_anywhere_and_ends_with_a_whole_line(open_any_journal: OpenAnyJournal) -> None:
    journal = open_any_journal()
    lines = [record(number, size=number * 7).line for number in range(1, 40)]
    for number in range(1, 40, 3):
        journal.append([record(n, size=n * 7) for n in range(number, min(number + 3, 40))])
    whole, position = b"".join(lines), 0
    for line in lines:
        for most in (1, 100, 1000, 1 << 20):
            stretch = journal.read(position, most)
            assert stretch.begin == position
            assert stretch.data == whole[position : stretch.end]
            assert stretch.data.endswith(b"\n")
            assert len(stretch.data) <= max(most, len(line))
        assert journal.read_line(position) == line
        position += len(line)
    assert position == journal.end
    assert journal.read(position, 1 << 20) == (position, b"", position)


def test_repeats_and_conflicts_are_recognised_after_a_restart(open_any_journal: OpenAnyJournal) -> None:
    end = open_any_journal().append([record(1), record(2)]).end
    again = open_any_journal()
    result = again.append([record(1), record(2, digest=9), record((1 << 64) - 1, digest=(1 << 64) - 1)])
    assert (result.accepted, result.duplicates, result.conflicts) == (1, 1, (1,))
    third = open_any_journal()
    assert third.append([record((1 << 64) - 1, digest=(1 << 64) - 1)]).duplicates == 1
    assert third.end == result.end > end


def test_what_another_told_too_is_a_repeat_and_stored(open_any_journal: OpenAnyJournal) -> None:
    journal = open_any_journal()
    first, second = record(11)._replace(event=1), record(12)._replace(event=1)
    assert journal.append([first]).accepted == 1
    assert journal.append([second]).duplicates == 1
    assert journal.append([second]).duplicates == 1
    assert content(journal) == first.line + second.line
