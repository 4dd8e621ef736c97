"""The audit log cannot be used to fill the disk, and names whom it means."""

from dataclasses import replace
from pathlib import Path

import pytest

from mmbatch_dash.domain.identity import Right
from mmbatch_dash.store.auth.audit import LONGEST_TEXT, AuditEntry, AuditLog
from mmbatch_dash.store.auth.repeats import MOST_KINDS, OTHERS, WINDOW, WRITTEN, Repeats
from mmbatch_dash.store.documents.file_log import MIB
from mmbatch_dash.store.documents.files import FileDocuments
from mmbatch_dash.store.documents.interface import Room
from tests.auth.house import Clock, House, sign_in

REFUSED = AuditEntry("refused", "", "192.0.2.1", "bad token", detail="GET /")


def test_repeats_from_an_address_are_counted_and_told_when_their_time_is_over() -> None:
    clock = Clock()
    repeats = Repeats(clock)
    written = [entry for _ in range(1_210) for entry in repeats.fold(REFUSED)]
    assert written == [REFUSED] * WRITTEN
    clock.pass_by(seconds=WINDOW.total_seconds())
    told, own = repeats.fold(REFUSED)
    assert (told.detail, told.outcome, own) == ("1,200 more from 192.0.2.1 in 10 min", "bad token", REFUSED)


def test_what_another_address_or_caller_does_is_written_all_the_same() -> None:
    repeats = Repeats(Clock())
    for _ in range(100):
        repeats.fold(REFUSED)
    for other in (
        replace(REFUSED, address="192.0.2.2"),
        replace(REFUSED, who="token:a"),
        replace(REFUSED, outcome="x"),
    ):
        assert repeats.fold(other) == [other]


def test_too_many_addresses_at_once_are_one() -> None:
    repeats = Repeats(Clock())
    written = [
        entry for number in range(5_000) for entry in repeats.fold(replace(REFUSED, address=f"2001:db8::{number:x}"))
    ]
    assert len(written) == MOST_KINDS + WRITTEN
    told = repeats.flush()
    assert [entry.detail for entry in told] == [f"{5_000 - MOST_KINDS - WRITTEN:,} more from {OTHERS} in 1 min"]


def test_full_files_are_numbered_and_the_oldest_go(tmp_path: Path) -> None:
    log = AuditLog(FileDocuments(tmp_path), room=lambda: Room(size_mb=1, backups=2))
    for number in range(12_000):
        log.add(AuditEntry("sign-in", "local:ana", "192.0.2.1", detail=f"{number} " + "x" * 400))
    files = FileDocuments(tmp_path).log("audit").files()
    names = [path.name for path in files]
    assert names == ["audit.jsonl.2", "audit.jsonl.1", "audit.jsonl"]
    assert all(path.stat().st_size <= MIB + 2_000 for path in files)
    kept = [int(entry.detail.split()[0]) for entry in log.read()]
    assert kept == list(range(kept[0], 12_000))
    assert [entry.detail.split()[0] for entry in log.newest(3)] == ["11999", "11998", "11997"]


def test_long_texts_are_cut(tmp_path: Path) -> None:
    log = AuditLog(FileDocuments(tmp_path))
    log.add(AuditEntry("refused", "", "", detail="x" * 10_000))
    [entry] = log.read()
    assert len(entry.detail) == LONGEST_TEXT
    assert entry.detail.endswith("x…")


def test_what_cannot_be_written_is_counted_and_the_count_written_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = AuditLog(FileDocuments(tmp_path))

    def fail(*_arguments: object) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr("mmbatch_dash.store.documents.file_log.os.write", fail)
        for _ in range(3):
            log.add(REFUSED)
    log.add(REFUSED)
    assert [(entry.action, entry.detail) for entry in log.read()] == [
        ("audit", "3 entries could not be written"),
        ("refused", "GET /"),
    ]


def test_bad_tokens_are_throttled_by_address_and_a_good_one_is_let_in(house: House) -> None:
    client, bad = house.client(), {"X-Api-Key": "mmb_x_y"}
    statuses = [client.get(f"/api/v1/summary?q={'x' * 9_000}", headers=bad).status_code for _ in range(60)]
    assert statuses[0] == 401
    assert statuses[-1] == 429
    assert "Retry-After" in client.get("/api/v1/summary", headers=bad).headers
    good = {"X-Api-Key": house.make_token(Right.READ)}
    assert client.get("/api/v1/summary", headers=good).status_code == 200
    elsewhere = {"REMOTE_ADDR": "192.0.2.9"}
    assert client.get("/api/v1/summary", headers=bad, environ_base=elsewhere).status_code == 401
    assert sign_in(house.client(), "alice").status_code == 303
    assert (house.folder / "audit.jsonl").stat().st_size < 20_000


def test_the_log_names_local_users_and_tokens_apart(house: House) -> None:
    token = house.make_token(Right.READ, name="alice")
    house.client().get("/admin/audit", headers={"X-Api-Key": token})
    house.signed_in("alice").get("/admin/audit.csv").get_data()
    assert [(entry.action, entry.who) for entry in house.auth.audit.read()] == [
        ("refused", "token:alice"),
        ("sign-in", "local:alice"),
        ("export", "local:alice"),
    ]


@pytest.fixture
def rita_exports(house: House) -> list[str]:
    """Details of exports as rita presses the CSV buttons of the Dashboard."""
    rita = house.signed_in("rita")
    name = next(name for name in house.auth.dash.callback_map if "dashboard-download.data" in name)
    token = rita.get("/").headers["Set-Cookie"].split("_csrf_token=")[1].split(";")[0]
    body = {"output": name, "outputs": [], "inputs": [], "changedPropIds": ["dashboard-cost-csv.n_clicks"], "state": []}
    rita.post("/_dash-update-component", json=body, headers={"X-CSRFToken": token})
    return [entry.detail for entry in house.auth.audit.read() if entry.action == "export"]


def test_the_csv_buttons_of_the_pages_are_in_it(rita_exports: list[str]) -> None:
    assert rita_exports == ["POST /_dash-update-component dashboard-cost-csv.n_clicks"]
