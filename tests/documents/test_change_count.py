"""Files of secrets are read without asking the disk, and every change still counts with the next request."""

from pathlib import Path

import pytest

from mmbatch_dash.store.documents import files, tree
from mmbatch_dash.store.documents.change_count import NAME
from mmbatch_dash.store.documents.files import FileDocuments
from mmbatch_dash.store.documents.tree import Tree


class Looks:
    """Counts how often the file on disk is looked at."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        look = files.read_signature

        def counted(path: Path) -> object:
            self.count += 1
            return look(path)

        monkeypatch.setattr(files, "read_signature", counted)


def kept(data_dir: Path) -> Tree:
    return Tree(FileDocuments(data_dir), "secrets/a.json")


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> Looks:
    return Looks(monkeypatch)


def test_a_file_nobody_changed_is_not_looked_at_again(tmp_path: Path, looks: Looks) -> None:
    file = kept(tmp_path)
    file.change(lambda held: held.update(a=1))
    assert file.read() == {"a": 1}
    looks.count = 0
    assert [file.read() for _ in range(100)] == [{"a": 1}] * 100
    assert looks.count == 0


def test_what_another_one_changes_is_seen_with_the_next_read(tmp_path: Path, looks: Looks) -> None:
    here, beside = kept(tmp_path), kept(tmp_path)
    for number in range(20):
        beside.change(lambda held, number=number: held.update(a=number))
        looks.count = 0
        assert here.read() == here.read() == {"a": number}
        assert looks.count == 2  # is it another one, and then its content


def test_an_edit_by_hand_is_seen_within_the_time_promised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = kept(tmp_path)
    file.change(lambda held: held.update(a=1))
    assert file.read() == {"a": 1}
    (tmp_path / "secrets" / "a.json").write_text('{"b": 22}')
    now = tree.time.monotonic()
    monkeypatch.setattr(tree.time, "monotonic", lambda: now + FileDocuments.look_seconds)
    assert file.read() == {"b": 22}


def test_without_a_count_the_file_is_looked_at_each_time(tmp_path: Path, looks: Looks) -> None:
    (tmp_path / "secrets" / NAME).mkdir(parents=True)
    file = kept(tmp_path)
    for number in range(3):
        (tmp_path / "secrets" / "a.json").write_text(f'{{"a": {number}}}')
        (tmp_path / "secrets" / "a.json").touch()
        assert file.read() == {"a": number}
    assert looks.count == 6


def test_a_folder_that_was_replaced_is_read_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = kept(tmp_path)
    file.change(lambda held: held.update(a=1))
    assert file.read() == {"a": 1}
    (tmp_path / "secrets").rename(tmp_path / "old")
    kept(tmp_path).change(lambda held: held.update(a=2))
    now = tree.time.monotonic()
    monkeypatch.setattr(tree.time, "monotonic", lambda: now + FileDocuments.look_seconds)
    assert file.read() == {"a": 2}
    kept(tmp_path).change(lambda held: held.update(a=3))
    assert file.read() == {"a": 3}
