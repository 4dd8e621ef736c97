"""Files of secrets are read without asking the disk, and every change still counts with the next request."""

from pathlib import Path

import pytest

from mmbatch_dash.store.auth import secret_file
from mmbatch_dash.store.auth.change_count import NAME
from mmbatch_dash.store.auth.secret_file import SecretFile


class Looks:
    """Counts how often the file on disk is looked at."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        look = secret_file.read_signature

        def counted(path: Path) -> object:
            self.count += 1
            return look(path)

        monkeypatch.setattr(secret_file, "read_signature", counted)


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> Looks:
    return Looks(monkeypatch)


def test_a_file_nobody_changed_is_not_looked_at_again(tmp_path: Path, looks: Looks) -> None:
    file = SecretFile(tmp_path / "a.json")
    file.change(lambda tree: tree.update(a=1))
    assert [file.read() for _ in range(100)] == [{"a": 1}] * 100
    assert looks.count == 1


def test_what_another_one_changes_is_seen_with_the_next_read(tmp_path: Path, looks: Looks) -> None:
    here, beside = SecretFile(tmp_path / "a.json"), SecretFile(tmp_path / "a.json")
    for number in range(20):
        beside.change(lambda tree, number=number: tree.update(a=number))
        assert here.read() == {"a": number}
    assert looks.count == 20


def test_an_edit_by_hand_is_seen_within_the_time_promised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = SecretFile(tmp_path / "a.json")
    file.change(lambda tree: tree.update(a=1))
    assert file.read() == {"a": 1}
    (tmp_path / "a.json").write_text('{"b": 22}')
    now = secret_file.time.monotonic()
    monkeypatch.setattr(secret_file.time, "monotonic", lambda: now + secret_file.LOOK_SECONDS)
    assert file.read() == {"b": 22}


def test_without_a_count_the_file_is_looked_at_each_time(tmp_path: Path, looks: Looks) -> None:
    (tmp_path / NAME).mkdir()
    file = SecretFile(tmp_path / "a.json")
    for number in range(3):
        (tmp_path / "a.json").write_text(f'{{"a": {number}}}')
        (tmp_path / "a.json").touch()
        assert file.read() == {"a": number}
    assert looks.count == 3


def test_a_folder_that_was_replaced_is_read_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = SecretFile(tmp_path / "secrets" / "a.json")
    file.change(lambda tree: tree.update(a=1))
    assert file.read() == {"a": 1}
    (tmp_path / "secrets").rename(tmp_path / "old")
    SecretFile(tmp_path / "secrets" / "a.json").change(lambda tree: tree.update(a=2))
    now = secret_file.time.monotonic()
    monkeypatch.setattr(secret_file.time, "monotonic", lambda: now + secret_file.LOOK_SECONDS)
    assert file.read() == {"a": 2}
    SecretFile(tmp_path / "secrets" / "a.json").change(lambda tree: tree.update(a=3))
    assert file.read() == {"a": 3}
