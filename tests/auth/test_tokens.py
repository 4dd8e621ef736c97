"""Tokens: made once, kept hashed, checked at every request, taken back at once."""

import json
import logging
import re
from datetime import timedelta
from typing import Any

import pytest
from typer.testing import CliRunner

from mmbatch_dash.cli import app
from mmbatch_dash.domain.errors import InvalidInput
from mmbatch_dash.domain.identity import Right
from mmbatch_dash.store.auth.lifetimes import parse_lifetime
from mmbatch_dash.store.auth.machine import read_machine_token
from mmbatch_dash.store.auth.tokens import Tokens
from mmbatch_dash.store.documents.files import FileDocuments
from tests.auth.house import House, post

API = "/api/v1/summary"
TOKEN = re.compile(r"mmb_[0-9a-f]{12}_[A-Za-z0-9_-]{43}")


def run(house: House, *arguments: str, feed: str | None = None) -> Any:
    return CliRunner().invoke(app, [*arguments, "--data-dir", str(house.folder)], input=feed)


@pytest.mark.parametrize(
    "headers",
    [lambda text: {"Authorization": f"Bearer {text}"}, lambda text: {"X-Api-Key": text}],
    ids=["bearer", "key"],
)
def test_either_header_carries_a_token(house: House, headers: Any) -> None:
    text = house.make_token(Right.READ)
    assert house.client().get(API, headers=headers(text)).status_code == 200
    assert house.client().get(API, headers=headers(text[:-1] + "x")).status_code == 401


@pytest.mark.parametrize(
    "text", ["", "mmb", "mmb_", "mmb__", "mmb_machine_", "mmb_machine_x", "nonsense", "\xe9", "a" * 9000]
)
def test_nonsense_is_no_token(house: House, text: str) -> None:
    answer = house.client().get(API, headers={"X-Api-Key": text})
    assert (answer.status_code, answer.get_json()["errorCode"]) == (401, 1007)


def test_a_bad_token_is_not_made_good_by_a_session_beside_it(house: House) -> None:
    client = house.signed_in("alice")
    assert client.get(API, headers={"X-Api-Key": "mmb_000000000000_x"}).status_code == 401


def test_a_token_needs_no_csrf_token_and_a_session_beside_it_does_not_count(house: House) -> None:
    client = house.signed_in("alice")
    reader = house.make_token(Right.READ)
    refused = client.post("/api/v1/rejects/retry", json={"ids": ["x"]}, headers={"X-Api-Key": reader})
    assert refused.status_code == 403
    allowed = client.post(
        "/api/v1/rejects/dismiss", json={"ids": ["x"]}, headers={"X-Api-Key": house.make_token(Right.ADMIN)}
    )
    assert allowed.status_code != 403


def test_a_token_expires_and_can_be_taken_back(house: House) -> None:
    short, long = house.make_token(Right.READ, name="s", lifetime=timedelta(hours=1)), house.make_token(Right.READ)
    client = house.client()
    house.clock.pass_by(hours=1)
    assert client.get(API, headers={"X-Api-Key": short}).status_code == 401
    assert client.get(API, headers={"X-Api-Key": long}).status_code == 200
    house.auth.tokens.revoke("read")
    assert client.get(API, headers={"X-Api-Key": long}).status_code == 401
    assert [token.state(house.clock.now) for token in house.auth.tokens.all()] in (
        ["revoked", "expired"],
        ["expired", "revoked"],
    )


def test_the_last_use_is_noted_to_about_a_minute(house: House) -> None:
    text = house.make_token(Right.READ)
    client = house.client()
    client.get(API, headers={"X-Api-Key": text})
    first = house.auth.tokens.all()[0].last_used_at
    assert first == house.clock.now
    house.clock.pass_by(seconds=59)
    client.get(API, headers={"X-Api-Key": text})
    assert house.auth.tokens.all()[0].last_used_at == first
    house.clock.pass_by(seconds=2)
    client.get(API, headers={"X-Api-Key": text})
    assert house.auth.tokens.all()[0].last_used_at == house.clock.now


def test_the_page_makes_a_token_shows_it_once_and_takes_it_back(house: House) -> None:
    client = house.signed_in("alice")
    made = post(client, "/admin/tokens", "/admin/tokens", name="nightly", rights=["read", "node"], expires="30d")
    found = TOKEN.search(made.get_data(as_text=True))
    assert found
    assert house.client().get(API, headers={"X-Api-Key": found[0]}).status_code == 200
    assert found[0] not in client.get("/admin/tokens").get_data(as_text=True)
    token = house.auth.tokens.all()[0]
    assert (token.name, set(token.rights)) == ("nightly", {Right.READ, Right.NODE})
    assert token.expires_at == house.clock.now + timedelta(days=30)
    assert post(client, "/admin/tokens/revoke", "/admin/tokens", id=token.token_id).status_code == 303
    assert house.client().get(API, headers={"X-Api-Key": found[0]}).status_code == 401


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "", "rights": "read"},
        {"name": "<script>", "rights": "read"},
        {"name": "a\nb", "rights": "read"},
        {"name": "n"},
        {"name": "n", "rights": "root"},
        {"name": "n", "rights": "read", "expires": "soon"},
    ],
)
def test_a_token_that_cannot_be_is_refused_with_a_word(house: House, fields: dict[str, str]) -> None:
    client = house.signed_in("alice")
    answer = post(client, "/admin/tokens", "/admin/tokens", **fields)
    assert answer.status_code == 422
    assert "account-problem" in answer.get_data(as_text=True)
    assert "<script>" not in answer.get_data(as_text=True).split("<body>")[1]
    assert house.auth.tokens.all() == []


def test_two_valid_tokens_do_not_share_a_name(house: House) -> None:
    house.make_token(Right.READ, name="nightly")
    with pytest.raises(InvalidInput, match="nightly"):
        house.make_token(Right.ADMIN, name="nightly")


def test_the_command_line_makes_lists_and_revokes(house: House) -> None:
    made = run(house, "token", "create", "agent", "--right", "ingest", "--right", "node", "--expires", "never")
    text = made.stdout.strip().splitlines()[0]
    assert TOKEN.fullmatch(text)
    assert house.client().get("/api/v1/config", headers={"X-Api-Key": text}).status_code == 200
    assert house.client().get(API, headers={"X-Api-Key": text}).status_code == 403
    listed = run(house, "token", "list").stdout
    assert "agent  ingest,node  valid  does not expire" in listed
    assert text not in listed
    assert run(house, "token", "revoke", "agent").exit_code == 0
    assert house.client().get("/api/v1/config", headers={"X-Api-Key": text}).status_code == 401


def test_users_made_on_the_command_line_sign_in(house: House) -> None:
    made = run(house, "auth", "add-user", "zoe", "--role", "reader", "--password-stdin", feed="a long enough one\n")
    assert made.exit_code == 0, made.output
    assert "zoe  reader" in run(house, "auth", "users").stdout
    user = house.auth.users.find("zoe")
    assert user is not None
    assert "a long enough one" not in user.password_hash
    assert run(house, "auth", "remove-user", "zoe").exit_code == 0
    assert house.auth.users.find("zoe") is None
    short = run(house, "auth", "add-user", "zoe", "--role", "reader", "--password-stdin", feed="short\n")
    assert short.exit_code != 0
    assert run(house, "auth", "add-user", "zoe", "--role", "root", "--password-stdin", feed="x\n").exit_code != 0


def test_commands_on_the_machine_may_read_and_nothing_else(house: House) -> None:
    text = read_machine_token(FileDocuments(house.folder))
    client = house.client()
    assert client.get(API, headers={"X-Api-Key": text}).status_code == 200
    assert client.post("/api/v1/events", headers={"X-Api-Key": text}).status_code == 403
    assert client.get("/admin/tokens", headers={"X-Api-Key": text}).status_code == 403


def test_only_hashes_are_kept_and_only_for_the_owner(house: House, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    text = house.make_token(Right.ADMIN)
    house.client().get("/api/v1/config", headers={"X-Api-Key": text})
    house.client().get("/api/v1/config", headers={"Authorization": f"Bearer {text}x"})
    secret = text.rpartition("_")[2] if "_" not in text[17:] else text[17:]
    for path in house.folder.rglob("*"):
        if path.is_file():
            assert secret not in path.read_text(errors="replace"), path
    assert secret not in caplog.text
    stored = json.loads((house.folder / "secrets" / "tokens.json").read_text())
    assert len(next(iter(stored.values()))["hash"]) == 64
    assert (house.folder / "secrets" / "tokens.json").stat().st_mode & 0o077 == 0


def test_what_another_process_changes_is_seen_at_once(house: House) -> None:
    beside = Tokens(FileDocuments(house.folder), house.clock)
    text, token = beside.create("beside", [Right.READ], None)
    assert house.client().get(API, headers={"X-Api-Key": text}).status_code == 200
    beside.revoke(token.token_id)
    assert house.client().get(API, headers={"X-Api-Key": text}).status_code == 401


@pytest.mark.parametrize(
    ("text", "days"), [("90d", 90.0), ("12h", 0.5), ("36m", 0.025), ("", 90.0), ("never", None), (" 1d ", 1.0)]
)
def test_lifetimes_are_read(text: str, days: float | None) -> None:
    assert parse_lifetime(text) == (None if days is None else timedelta(days=days))


@pytest.mark.parametrize("text", ["0d", "-1d", "1", "d", "4000d", "1y", "٣d"])
def test_what_is_no_lifetime_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="expires"):
        parse_lifetime(text)
