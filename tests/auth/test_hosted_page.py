"""Signing in through the pool's hosted page: code flow with PKCE, state and nonce, against an OIDC provider."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from flask.testing import FlaskClient

from mmbatch_dash.adapters.user_pool import UserPool, describe_pool
from mmbatch_dash.domain.config.security import Cognito
from tests.auth.house import House, open_house

API = "/api/v1/summary"


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    """The address of the hosted page."""
    # Not imported here: it warns as it is, and warnings are errors.
    if find_spec("oidc_provider_mock") is None:
        pytest.skip("oidc-provider-mock is not installed")
    program = Path(__file__).with_name("hosted_page.py")
    process = subprocess.Popen(
        [sys.executable, str(program)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout is not None
    url = f"http://127.0.0.1:{process.stdout.readline().strip()}"
    for name, groups in (("carol", ["admin"]), ("bob", [])):
        claims = {"token_use": "id", "cognito:username": name, "cognito:groups": groups}
        requests.put(f"{url}/users/{name}", json=claims, timeout=10).raise_for_status()
    yield url
    process.kill()
    process.wait()
    process.stdout.close()


@pytest.fixture
def house(tmp_path: Path, provider: str, monkeypatch: pytest.MonkeyPatch) -> House:
    """A server whose pool's hosted page is the provider."""

    def pool_of(cognito: Cognito) -> UserPool:
        return replace(describe_pool(cognito), issuer=provider, keys_url=f"{provider}/jwks")

    monkeypatch.setattr("mmbatch_dash.auth.cognito.pools.describe_pool", pool_of)
    monkeypatch.setattr("mmbatch_dash.services.login_trial.probe_pool", lambda pool: None)
    house = open_house(tmp_path / "data")
    house.clock.now = datetime.now(UTC)
    house.add_user("alice")
    # The mock takes no client without a secret.
    secret = tmp_path / "client-secret"
    secret.write_text("canary-client-secret\n")
    values = {
        "clientSecretFile": str(secret),
        "enabled": True,
        "region": "eu-west-1",
        "userPoolID": "eu-west-1_Abc",
        "clientID": "client1",
        "domain": provider,
    }
    house.services.config.apply(
        {f"security.cognito.{name}": value for name, value in values.items()}, who="alice", origin="cli"
    )
    return house


def leave(client: FlaskClient, target: str = "/jobs") -> str:
    """The address of the hosted page that the browser is led to."""
    answer = client.get("/login/hosted", query_string={"next": target})
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return str(answer.headers["Location"])


def consent(address: str, user: str) -> str:
    """The path the hosted page leads back to."""
    answer = requests.post(address, data={"sub": user}, allow_redirects=False, timeout=10)
    assert answer.status_code == 302, answer.text
    back = urlsplit(answer.headers["Location"])
    assert back.path == "/login/callback"
    return f"{back.path}?{back.query}"


def test_the_round_trip_signs_in_with_the_right_of_the_groups(house: House) -> None:
    for user, page in (("carol", 200), ("bob", 403)):
        client = house.client()
        back = client.get(consent(leave(client), user))
        assert (back.status_code, back.headers["Location"]) == (303, "/jobs"), back.get_data(as_text=True)
        assert client.get(API).status_code == 200
        assert client.get("/admin/tokens").status_code == page


def test_thousands_of_anonymous_calls_void_no_sign_in_under_way(house: House) -> None:
    client, stranger = house.client(), house.client()
    address = leave(client)
    for _ in range(2_100):
        stranger.get("/login/hosted")
    house.clock.now = datetime.now(UTC)  # the provider has a clock of its own
    assert client.get(consent(address, "carol")).status_code == 303
    assert client.get(API).status_code == 200


def test_the_way_out_carries_state_nonce_and_challenge_but_no_secret(house: House, provider: str) -> None:
    client = house.client()
    first, second = (parse_qs(urlsplit(leave(client)).query) for _ in range(2))
    assert leave(client).startswith(f"{provider}/oauth2/authorize?")
    assert first["code_challenge_method"] == ["S256"]
    assert first["redirect_uri"] == ["http://localhost/login/callback"]
    for name in ("state", "nonce", "code_challenge"):
        assert len(first[name][0]) >= 32
        assert first[name] != second[name]
    assert "code_verifier" not in first
    assert "canary" not in str(first)


def test_a_state_of_another_browser_is_refused(house: House) -> None:
    thief, victim = house.client(), house.client()
    planted = consent(leave(thief), "bob")
    leave(victim)
    assert victim.get(planted).status_code == 401
    assert victim.get(API).status_code == 401


def test_a_browser_that_never_left_cannot_come_back(house: House) -> None:
    client = house.client()
    assert client.get("/login/callback?code=x&state=y").status_code == 401
    assert client.get("/login/callback").status_code == 401


def test_a_way_back_is_good_once(house: House) -> None:
    client = house.client()
    path = consent(leave(client), "bob")
    assert client.get(path).status_code == 303
    assert client.get(path).status_code == 401


def test_a_way_back_that_took_too_long_is_refused(house: House) -> None:
    client = house.client()
    path = consent(leave(client), "bob")
    house.clock.pass_by(minutes=10)
    assert client.get(path).status_code == 401


def test_a_made_up_code_is_refused(house: House) -> None:
    client = house.client()
    state = parse_qs(urlsplit(leave(client)).query)["state"][0]
    assert client.get("/login/callback", query_string={"code": "made-up", "state": state}).status_code == 401


def test_a_code_without_its_verifier_is_refused_by_the_provider(house: House, provider: str) -> None:
    client = house.client()
    code = parse_qs(urlsplit(consent(leave(client), "bob")).query)["code"][0]
    stolen = requests.post(
        f"{provider}/oauth2/token",
        data={"grant_type": "authorization_code", "code": code, "client_id": "client1", "code_verifier": "x" * 43},
        timeout=10,
    )
    assert stolen.status_code == 400


@pytest.mark.parametrize(
    ("error", "description", "told", "remedy"),
    [
        ("access_denied", "", "access_denied.", ""),
        ("invalid_request", "invalid_scope", "invalid_request (invalid_scope).", "openid email profile aws.cognito"),
        ("redirect_mismatch", "x" * 5000, f"redirect_mismatch ({'x' * 300}).", "/login/callback"),
        ("<b>odd</b>", "two\nlines", "&lt;b&gt;odd&lt;/b&gt; (two lines).", ""),
    ],
)
def test_the_pool_s_own_error_reaches_page_audit_and_log(
    house: House, caplog: pytest.LogCaptureFixture, error: str, description: str, told: str, remedy: str
) -> None:
    client = house.client()
    state = parse_qs(urlsplit(leave(client)).query)["state"][0]
    query = {"error": error, "error_description": description, "state": state}
    answer = client.get("/login/callback", query_string={name: value for name, value in query.items() if value})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 401
    assert f"The user pool refused: {told}" in page
    assert remedy in page
    [entry] = [entry for entry in house.actions() if error in entry[2]]
    assert entry[0] == "sign-in"
    assert any(error in record.getMessage() for record in caplog.records)


def test_an_error_without_a_sign_in_under_way_is_not_repeated(house: House) -> None:
    answer = house.client().get("/login/callback?error=send+money&state=x")
    assert answer.status_code == 401
    assert "money" not in answer.get_data(as_text=True)


def test_the_error_of_the_token_endpoint_is_told(house: House) -> None:
    client = house.client()
    state = parse_qs(urlsplit(leave(client)).query)["state"][0]
    answer = client.get("/login/callback", query_string={"code": "made-up", "state": state})
    assert "The user pool refused: invalid_grant" in answer.get_data(as_text=True)


def test_the_scopes_asked_for_are_those_configured(house: House) -> None:
    asked = parse_qs(urlsplit(leave(house.client())).query)["scope"]
    assert asked == ["openid email profile aws.cognito.signin.user.admin"]
    house.services.config.apply({"security.cognito.scopes": ["openid", "email"]}, who="alice", origin="cli")
    assert parse_qs(urlsplit(leave(house.client())).query)["scope"] == ["openid email"]


def test_the_token_of_another_sign_in_is_refused(house: House) -> None:
    client = house.client()
    address = leave(client)
    path = consent(address.replace("nonce=", "nonce=other"), "bob")
    answer = client.get(path)
    assert answer.status_code == 401
    assert "could not be verified" in answer.get_data(as_text=True)


def test_a_foreign_host_header_does_not_become_the_way_back(house: House) -> None:
    answer = house.client().get("/login/hosted", headers={"Host": "evil.example"})
    assert answer.status_code == 503
    assert "publicURL" in answer.get_data(as_text=True)


def test_the_configured_address_is_the_way_back(house: House) -> None:
    house.services.config.apply({"security.cognito.publicURL": "https://dash.example.org"}, who="alice", origin="cli")
    answer = house.client().get("/login/hosted", headers={"Host": "evil.example"})
    query = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert query["redirect_uri"] == ["https://dash.example.org/login/callback"]


def test_nobody_is_led_elsewhere_after_the_round_trip(house: House) -> None:
    client = house.client()
    back = client.get(consent(leave(client, "https://evil.example"), "bob"))
    assert back.headers["Location"] == "/"


def test_without_a_domain_there_is_no_hosted_page(house: House) -> None:
    house.services.config.apply({"security.cognito.domain": ""}, who="alice", origin="cli")
    assert house.client().get("/login/hosted").status_code == 404
    assert "/login/hosted" not in house.client().get("/login").get_data(as_text=True)
