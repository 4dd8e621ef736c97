"""What is written down about who did what, and what every answer forbids the browser."""

import csv
import io
import json

import pytest

from mmbatch_dash.auth.access.headers import content_security_policy
from mmbatch_dash.domain.identity import Right
from mmbatch_dash.store.auth.audit import AuditEntry
from tests.auth.house import PASSWORD, House, post, sign_in


def test_what_happens_is_written_down_with_who_from_where_and_the_request(house: House) -> None:
    sign_in(house.client(), "alice", "wrong password")
    alice, rita = house.signed_in("alice"), house.signed_in("rita")
    rita.get("/admin/audit")
    post(alice, "/admin/tokens", "/admin/tokens", name="t", rights="read")
    alice.get("/admin/audit.csv").get_data()
    admin = house.make_token(Right.ADMIN, name="script")
    answer = house.client().put(
        "/api/v1/log/config", json={"level": "debug"}, headers={"Authorization": f"Bearer {admin}"}
    )
    post(alice, "/logout", "/account")
    assert house.actions() == [
        ("sign-in", "", "wrong name or password"),
        ("sign-in", "local:alice", "ok"),
        ("sign-in", "local:rita", "ok"),
        ("refused", "local:rita", "for admin"),
        ("token", "local:alice", "ok"),
        ("export", "local:alice", "ok"),
        ("change", "token:script", "ok"),
        ("sign-out", "local:alice", "ok"),
    ]
    entries = list(house.auth.audit.read())
    assert entries[6].request_id == answer.headers["X-Request-Id"]
    assert {entry.address for entry in entries} == {"127.0.0.1"}
    assert entries[6].detail == "PUT /api/v1/log/config"


def test_the_configuration_remembers_the_same_who(house: House) -> None:
    admin = house.make_token(Right.ADMIN, name="script")
    house.client().put("/api/v1/log/config", json={"level": "debug"}, headers={"X-Api-Key": admin})
    assert house.services.config.history()[0].who == "token:script"


def test_the_log_only_grows(house: House) -> None:
    house.auth.audit.add(AuditEntry("a", "x", ""))
    before = (house.folder / "audit.jsonl").read_bytes()
    house.auth.audit.add(AuditEntry("b", "x", ""))
    after = (house.folder / "audit.jsonl").read_bytes()
    assert after.startswith(before)
    with (house.folder / "audit.jsonl").open("ab") as file:
        file.write(b'{"action": "torn')
    assert [entry.action for entry in house.auth.audit.newest(10)] == ["b", "a"]
    assert (house.folder / "audit.jsonl").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "name",
    ["=HYPERLINK(1)", "+1", "-1", "@x", "a\r\nX-Injected: 1", "<img src=x onerror=alert(1)>", '"; DROP', "\u2028"],
)
def test_a_hostile_name_does_no_harm_in_page_file_or_header(house: House, name: str) -> None:
    alice = house.signed_in("alice")
    answer = sign_in(house.client(), name, "wrong password")
    assert "X-Injected" not in str(answer.headers)
    page = alice.get("/admin/audit").get_data(as_text=True)
    assert "<img src=x" not in page
    rows = list(csv.reader(io.StringIO(alice.get("/admin/audit.csv").get_data(as_text=True), newline="")))
    assert rows[0] == ["action", "who", "address", "outcome", "request_id", "detail", "at"]
    assert all(len(row) == 7 and not cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)
    lines = alice.get("/admin/audit.jsonl").get_data(as_text=True).splitlines()
    assert all(isinstance(json.loads(line), dict) for line in lines)


@pytest.mark.parametrize("path", ["/", "/login", "/api/v1/summary", "/healthz", "/account", "/nowhere"])
def test_every_answer_forbids_what_the_browser_need_not_do(house: House, path: str) -> None:
    for client in (house.client(), house.signed_in("alice")):
        headers = client.get(path).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Cache-Control"]
        policy = headers["Content-Security-Policy"]
        scripts = next(part for part in policy.split("; ") if part.startswith("script-src"))
        assert "unsafe" not in scripts
        assert "frame-ancestors 'none'" in policy
        assert "http" not in policy
        assert "Strict-Transport-Security" not in headers


def test_the_policy_names_the_hash_of_each_inline_script_dash_needs(house: House) -> None:
    policy = house.signed_in("rita").get("/").headers["Content-Security-Policy"]
    assert house.auth.dash.csp_hashes()
    assert all(value in policy for value in house.auth.dash.csp_hashes())
    assert content_security_policy([]).split("; ")[1] == "script-src 'self'"


def test_pages_of_sign_in_hold_no_inline_script(house: House) -> None:
    alice = house.signed_in("alice")
    for path in ("/account", "/admin/users", "/admin/tokens", "/admin/audit", "/admin/cognito"):
        page = alice.get(path).get_data(as_text=True)
        assert "<script>" not in page
        assert "onclick" not in page
        assert "style=" not in page


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/api/v1/summary?q=" + "x" * 17_000, {}, 414),
        ("/api/v1/summary", {"X-Long": "x" * 33_000}, 431),
    ],
)
def test_requests_that_are_too_long_are_refused_before_anything_else(
    house: House, path: str, headers: dict[str, str], status: int
) -> None:
    answer = house.client().get(path, headers=headers)
    assert answer.status_code == status
    assert set(answer.get_json()) == {"statusCode", "errorCode", "message", "details"}


def test_long_bodies_are_refused(house: House) -> None:
    client = house.client()
    assert client.post("/login", data={"name": "x" * 70_000}).status_code == 413
    admin = {"X-Api-Key": house.make_token(Right.ADMIN)}
    assert client.put("/api/v1/configKV", data=b"x" * 3_000_000, headers=admin).status_code == 413


def test_an_unknown_callers_body_is_not_read(house: House) -> None:
    class Unread(io.BytesIO):
        def read(self, _size: int | None = -1, /) -> bytes:
            raise AssertionError("the body was read")

        readline = read
        readinto = read  # type: ignore[assignment]

    answer = house.client().post("/api/v1/events", input_stream=Unread(b"[]" * 500), content_type="application/json")
    assert answer.status_code == 401


def test_readers_see_no_link_to_what_they_may_not_do(house: House) -> None:
    reader, admin = house.signed_in("rita"), house.signed_in("alice")
    assert "/admin/" not in reader.get("/account").get_data(as_text=True)
    assert "/admin/quarantine" in admin.get("/account").get_data(as_text=True)
    refused = reader.get("/admin/tokens")
    assert refused.status_code == 403
    assert "This is for admins." in refused.get_data(as_text=True)


def test_a_password_shows_in_no_answer_and_no_file(house: House, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", logger="mmbatch_dash")
    client = house.signed_in("alice")
    wrong = sign_in(house.client(), "alice", "canary-wrong-password")
    texts = [wrong.get_data(as_text=True), caplog.text, client.get("/admin/audit").get_data(as_text=True)]
    texts += [path.read_text(errors="replace") for path in house.folder.rglob("*") if path.is_file()]
    for text in texts:
        assert PASSWORD not in text
        assert "canary-wrong-password" not in text
