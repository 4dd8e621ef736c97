"""Documents are read with a version and swapped only if nobody was faster, wherever they are kept."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from mmbatch_dash.domain.errors import StoreUnavailable
from mmbatch_dash.store.documents.interface import Documents, Kept, Outdated, Room, put, version_of
from mmbatch_dash.store.documents.tree import Tree, read_or_make_key
from tests.documents.conftest import Open
from tests.documents.waiting import in_time

NAME = "secrets/a.json"


def written(documents: Documents, content: bytes, name: str = NAME) -> str:
    return documents.write(name, content, documents.version(name))


def at_once(*work: Callable[[], Any]) -> None:
    threads = [threading.Thread(target=one) for one in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_what_nobody_wrote_is_none(place: Open) -> None:
    documents = place()
    assert (documents.read(NAME), documents.version(NAME)) == (None, None)


@pytest.mark.parametrize("name", [NAME, "alerts.json"])
def test_another_process_reads_what_was_written_and_its_version(place: Open, name: str) -> None:
    version = place().write(name, b"one", None)
    beside = place()
    assert beside.read(name) == Kept(b"one", version)
    assert beside.version(name) == version
    again = place().write(name, b"two", version)
    assert in_time(lambda: beside.read(name) == Kept(b"two", again))
    assert again != version


@pytest.mark.parametrize("name", [NAME, "alerts.json"])
def test_a_change_of_an_old_version_is_refused_and_changes_nothing(place: Open, name: str) -> None:
    documents, beside = place(), place()
    old = documents.write(name, b"one", None)
    for expected in (None, "17"):
        with pytest.raises(Outdated):
            beside.write(name, b"mine", expected)
    documents.write(name, b"two", old)
    with pytest.raises(Outdated):
        beside.write(name, b"mine", old)
    assert version_of(documents.read(name)) != old
    assert (documents.read(name) or Kept(b"", "")).content == b"two"


def test_the_version_of_a_document_that_is_as_before_is_another_all_the_same(place: Open) -> None:
    documents = place()
    versions = [written(documents, content) for content in (b"one", b"two") * 4]
    assert len(set(versions)) == 8


def test_documents_of_different_names_do_not_meet(place: Open) -> None:
    documents = place()
    for name in ("secrets/a.json", "secrets/b.json", "a.json"):
        written(documents, name.encode(), name)
    assert [documents.read(name) and documents.read(name).content for name in ("secrets/b.json", "a.json")] == [  # type: ignore[union-attr]
        b"secrets/b.json",
        b"a.json",
    ]


def test_any_bytes_come_back_as_they_were(place: Open) -> None:
    documents, content = place(), bytes(range(256)) * 1_000
    written(documents, content)
    assert documents.read(NAME) == Kept(content, documents.version(NAME) or "")


def test_of_many_that_change_a_tree_at_once_no_change_is_lost(place: Open) -> None:
    def add(tree: dict[str, Any]) -> None:
        tree["count"] = tree.get("count", 0) + 1

    def work() -> None:
        mine = Tree(place(), NAME)
        for _ in range(25):
            mine.change(add)

    at_once(*[work] * 4)
    assert Tree(place(), NAME).read() == {"count": 100}


def test_an_edit_that_raises_changes_nothing(place: Open) -> None:
    tree = Tree(place(), NAME)
    tree.change(lambda held: held.update(a=1))

    def refuse(held: dict[str, Any]) -> None:
        held["a"] = 2
        raise KeyError

    with pytest.raises(KeyError):
        tree.change(refuse)
    assert tree.read() == {"a": 1}


def test_a_change_is_seen_by_all_in_time(place: Open) -> None:
    here, beside = Tree(place(), NAME), Tree(place(), NAME)
    here.change(lambda held: held.update(a=1))
    assert beside.read() == {"a": 1}
    here.change(lambda held: held.update(a=2))
    assert in_time(lambda: beside.read() == {"a": 2})


def test_who_changes_a_tree_sees_it_changed_with_the_next_read(place: Open) -> None:
    tree = Tree(place(), NAME)
    for number in range(10):
        tree.change(lambda held, number=number: held.update(a=number))  # type: ignore[misc]
        assert tree.read() == {"a": number}


@pytest.mark.parametrize("content", [b"{", b"[]", b"\xff"])
def test_a_damaged_tree_is_never_taken_for_an_empty_one(place: Open, content: bytes) -> None:
    documents = place()
    written(documents, content)
    tree = Tree(documents, NAME)
    with pytest.raises(StoreUnavailable, match=r"a\.json.*Nobody is let in until it"):
        tree.read()
    with pytest.raises(StoreUnavailable):
        tree.change(lambda held: held.update(a=1))
    assert (documents.read(NAME) or Kept(b"", "")).content == content


def test_of_many_that_make_a_key_at_once_all_get_the_same(place: Open) -> None:
    keys: list[bytes] = []
    at_once(*[lambda: keys.append(read_or_make_key(place(), "secrets/session.key"))] * 8)
    assert len(keys) == 8
    assert len(set(keys)) == 1
    assert len(keys[0]) == 32


def test_putting_writes_over_whatever_is_there(place: Open) -> None:
    documents, beside = place(), place()
    for number in range(3):
        put(documents, "state.json", f"{number}".encode())
        put(beside, "state.json", f"{number}b".encode())
    assert in_time(lambda: (documents.read("state.json") or Kept(b"", "")).content == b"2b")


def test_lines_of_all_processes_are_in_the_log_whole(place: Open) -> None:
    def work(who: str) -> Callable[[], None]:
        log = place().log("audit")
        return lambda: [log.append(f"{who} {number} ä" + "x" * 300, Room()) for number in range(50)] and None

    at_once(work("a"), work("b"), work("c"))
    log = place().log("audit")
    lines = [line.strip() for line in log.lines()]
    assert sorted(lines) == sorted(f"{who} {number} ä" + "x" * 300 for who in "abc" for number in range(50))
    assert [line.strip() for line in log.newest(20)] == lines[-20:]
    assert len(log.newest(500)) == 150


def test_the_oldest_lines_of_a_log_go_when_it_is_full(place: Open) -> None:
    log, room = place().log("audit"), Room(size_mb=1, backups=1)
    for number in range(40):
        log.append(f"{number} " + "x" * 100_000, room)
    kept = [int(line.split()[0]) for line in log.lines()]
    assert kept == list(range(kept[0], 40))
    assert 10 <= len(kept) <= 22


def test_a_log_nobody_wrote_to_is_empty(place: Open) -> None:
    assert (list(place().log("audit").lines()), place().log("audit").newest(5)) == ([], [])
