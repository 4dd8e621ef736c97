"""Cognito accounts on our own sign-in page, against a moto server: every flow it supports."""

import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from flask.testing import FlaskClient
from typer.testing import CliRunner
from werkzeug.test import TestResponse

from mmbatch_dash.adapters.cognito import CognitoClient
from mmbatch_dash.cli import app
from mmbatch_dash.domain.identity import Right, Role
from tests.auth.house import CSRF, House, csrf_of, open_house, post, sign_in

PASSWORD, NEW = "Correct-horse-1", "Battery-staple-2"
REGION = "eu-west-1"
API = "/api/v1/summary"


@dataclass
class Pool:
    """A user pool of the mock."""

    idp: Any
    pool_id: str
    client_id: str

    def add(self, name: str, *groups: str, password: str = PASSWORD, permanent: bool = True) -> None:
        self.idp.admin_create_user(UserPoolId=self.pool_id, Username=name, TemporaryPassword=password)
        if permanent:
            self.idp.admin_set_user_password(UserPoolId=self.pool_id, Username=name, Password=password, Permanent=True)
        for group in groups:
            self.idp.admin_add_user_to_group(UserPoolId=self.pool_id, Username=name, GroupName=group)

    def leave_group(self, name: str, group: str) -> None:
        self.idp.admin_remove_user_from_group(UserPoolId=self.pool_id, Username=name, GroupName=group)

    def prefer(self, name: str, factor: str) -> None:
        if factor == "SoftwareTokenMfaSettings":
            access = self.idp.initiate_auth(
                ClientId=self.client_id,
                AuthFlow="USER_PASSWORD_AUTH",
                AuthParameters={"USERNAME": name, "PASSWORD": PASSWORD},
            )["AuthenticationResult"]["AccessToken"]
            self.idp.associate_software_token(AccessToken=access)
            self.idp.verify_software_token(AccessToken=access, UserCode="123456")
        setting = {"Enabled": True, "PreferredMfa": True}
        self.idp.admin_set_user_mfa_preference(UserPoolId=self.pool_id, Username=name, **{factor: setting})


@pytest.fixture
def pool(aws_server: str, monkeypatch: pytest.MonkeyPatch) -> Pool:
    monkeypatch.setenv("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", aws_server)
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    idp = boto3.client("cognito-idp", REGION, endpoint_url=aws_server, **keys)
    pool_id = idp.create_user_pool(PoolName="people")["UserPool"]["Id"]
    client = idp.create_user_pool_client(UserPoolId=pool_id, ClientName="dash")["UserPoolClient"]
    idp.create_group(UserPoolId=pool_id, GroupName="admin")
    made = Pool(idp, pool_id, client["ClientId"])
    made.add("carol", "admin")
    made.add("bob")
    return made


@pytest.fixture
def house(tmp_path: Path, pool: Pool) -> House:
    """A server whose clock is the mock's, with one local admin."""
    house = open_house(tmp_path / "data")
    house.clock.now = datetime.now(UTC)
    house.add_user("alice", Role.ADMIN)
    return house


@pytest.fixture
def cognito(house: House, pool: Pool) -> House:
    """The same with Cognito login switched on by a script."""
    answer = put(house, pool)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return house


def body_of(pool: Pool, **changes: Any) -> dict[str, Any]:
    return {
        "enabled": True,
        "region": REGION,
        "userPoolID": pool.pool_id,
        "clientID": pool.client_id,
        "adminGroups": ["admin"],
        **changes,
    }


def put(house: House, pool: Pool, **changes: Any) -> TestResponse:
    token = house.make_token(Right.ADMIN, name=f"t{len(house.auth.tokens.all())}")
    return house.client().put("/api/v1/security/cognito", json=body_of(pool, **changes), headers={"X-Api-Key": token})


def challenge(client: FlaskClient, page: TestResponse, **fields: str) -> TestResponse:
    found = CSRF.search(page.get_data(as_text=True))
    assert found, page.get_data(as_text=True)
    return client.post("/login/challenge", data={"csrf_token": found[1], **fields})


def role_of(client: FlaskClient) -> str:
    return "admin" if client.get("/admin/tokens").status_code == 200 else "reader"


def test_existing_accounts_sign_in_and_groups_make_admins(cognito: House) -> None:
    carol, bob = cognito.client(), cognito.client()
    assert sign_in(carol, "carol", PASSWORD, next="/jobs").headers["Location"] == "/jobs"
    assert sign_in(bob, "bob", PASSWORD).status_code == 303
    assert (carol.get(API).status_code, bob.get(API).status_code) == (200, 200)
    assert (role_of(carol), role_of(bob)) == ("admin", "reader")


def test_wrong_password_and_unknown_account_are_refused_alike(cognito: House) -> None:
    pages = [sign_in(cognito.client(), name, "Wrong-horse-1") for name in ("carol", "nobody")]
    assert [page.status_code for page in pages] == [401, 401]
    assert all("Name or password is wrong." in page.get_data(as_text=True) for page in pages)


def test_a_temporary_password_is_replaced_at_sign_in(cognito: House, pool: Pool) -> None:
    pool.add("dora", permanent=False)
    client = cognito.client()
    asked = sign_in(client, "dora", PASSWORD)
    assert "Choose a new password" in asked.get_data(as_text=True)
    assert client.get(API).status_code == 401, "not in before the new password is set"
    again = challenge(client, asked, password="short")
    assert again.status_code == 401
    done = challenge(client, again, password=NEW)
    assert done.status_code == 303, done.get_data(as_text=True)
    assert client.get(API).status_code == 200
    assert sign_in(cognito.client(), "dora", NEW).status_code == 303


@pytest.mark.parametrize(
    ("factor", "words"),
    [("SoftwareTokenMfaSettings", "your authenticator app"), ("SMSMfaSettings", "sent to your phone")],
)
def test_a_second_factor_is_asked_for(cognito: House, pool: Pool, factor: str, words: str) -> None:
    name = f"emil-{factor.lower()[:4]}"
    pool.add(name)
    pool.prefer(name, factor)
    client = cognito.client()
    asked = sign_in(client, name, PASSWORD)
    assert words in asked.get_data(as_text=True)
    assert client.get(API).status_code == 401
    assert challenge(client, asked, code="123456").status_code == 303
    assert client.get(API).status_code == 200


def test_an_answer_without_a_question_begins_again(cognito: House) -> None:
    client = cognito.client()
    answer = client.post("/login/challenge", data={"csrf_token": csrf_of(client), "code": "123456"})
    assert answer.status_code == 401
    assert "begin again" in answer.get_data(as_text=True)


def test_a_forgotten_password_is_set_anew_by_code(cognito: House, pool: Pool) -> None:
    client = cognito.client()
    sent = post(client, "/login/forgotten", "/login/forgotten", name="bob")
    unknown = post(client, "/login/forgotten", "/login/forgotten", name="nobody")
    for page in (sent, unknown):
        assert page.status_code == 200
        assert "If there is such an account, a code is on its way." in page.get_data(as_text=True)
    form = {"name": "bob", "code": "moto-confirmation-code:123invalid", "password": NEW}
    differing = post(client, "/login/forgotten/confirm", "/login/forgotten", **form, again="other")
    assert differing.status_code == 401
    wrong = post(client, "/login/forgotten/confirm", "/login/forgotten", **{**form, "code": "000000"}, again=NEW)
    # moto takes any code that is not its magic wrong one.
    assert wrong.status_code in (303, 401)


def test_leaving_the_group_takes_the_right_within_minutes(cognito: House, pool: Pool) -> None:
    client = cognito.client()
    sign_in(client, "carol", PASSWORD)
    pool.leave_group("carol", "admin")
    assert role_of(client) == "admin", "the pool is not asked at every request"
    cognito.clock.pass_by(minutes=3)
    assert role_of(client) == "reader"
    assert ("role", "cognito:carol", "ok") in cognito.actions()


def test_with_reader_groups_whoever_is_in_none_is_kept_out_and_put_out(cognito: House, pool: Pool) -> None:
    before = cognito.client()
    sign_in(before, "bob", PASSWORD)
    cognito.services.config.apply({"security.cognito.readerGroups": ["readers"]}, who="alice", origin="cli")
    refused = sign_in(cognito.client(), "bob", PASSWORD)
    assert (refused.status_code, "in none of the groups that may read" in refused.get_data(as_text=True)) == (403, True)
    assert sign_in(cognito.client(), "carol", PASSWORD).status_code == 303, "admins read"
    cognito.clock.pass_by(minutes=3)
    assert before.get(API).status_code == 401
    assert ("sign-in", "cognito:bob", "in no reader group") in cognito.actions()
    pool.idp.create_group(UserPoolId=pool.pool_id, GroupName="readers")
    pool.idp.admin_add_user_to_group(UserPoolId=pool.pool_id, Username="bob", GroupName="readers")
    assert sign_in(cognito.client(), "bob", PASSWORD).status_code == 303


def test_a_user_whose_tokens_are_revoked_is_out_within_minutes(cognito: House, pool: Pool) -> None:
    client = cognito.client()
    sign_in(client, "bob", PASSWORD)
    pool.idp.admin_user_global_sign_out(UserPoolId=pool.pool_id, Username="bob")
    cognito.clock.pass_by(minutes=3)
    assert client.get(API).status_code == 401


def test_a_pool_out_of_reach_is_forgiven_for_minutes_only(
    cognito: House, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = cognito.client()
    sign_in(client, "bob", PASSWORD)
    monkeypatch.setenv("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", "http://127.0.0.1:9")
    cognito.clock.pass_by(minutes=5)
    assert client.get(API).status_code == 200
    cognito.clock.pass_by(minutes=6)
    assert client.get(API).status_code == 401


def test_one_request_of_many_asks_the_pool(cognito: House, monkeypatch: pytest.MonkeyPatch) -> None:
    clients = [cognito.client() for _ in range(4)]
    sign_in(clients[0], "bob", PASSWORD)
    cookie = clients[0].get_cookie("mmbatch_session")
    assert cookie is not None
    for client in clients[1:]:
        client.set_cookie("mmbatch_session", cookie.value)
    asked: list[str] = []
    refresh = CognitoClient.refresh

    def counted(self: CognitoClient, token: str, username: str) -> Any:
        asked.append(username)
        return refresh(self, token, username)

    monkeypatch.setattr(CognitoClient, "refresh", counted)
    cognito.clock.pass_by(minutes=4)
    statuses: list[int] = []
    threads = [threading.Thread(target=lambda c=c: statuses.append(c.get("/healthz").status_code)) for c in clients]
    threads += [threading.Thread(target=lambda c=c: statuses.append(c.get("/account").status_code)) for c in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 8
    assert asked == ["bob"]


def test_signing_out_everywhere_voids_the_pools_tokens_too(cognito: House, pool: Pool) -> None:
    one, two = cognito.client(), cognito.client()
    sign_in(one, "bob", PASSWORD)
    sign_in(two, "bob", PASSWORD)
    assert post(one, "/account/everywhere", "/account").status_code == 303
    assert (one.get(API).status_code, two.get(API).status_code) == (401, 401)


def test_switching_cognito_off_ends_its_sessions_and_leaves_local_users(cognito: House) -> None:
    client = cognito.client()
    sign_in(client, "carol", PASSWORD)
    token = cognito.make_token(Right.ADMIN)
    answer = cognito.client().delete("/api/v1/security/cognito", headers={"X-Api-Key": token})
    assert (answer.status_code, answer.get_json()["enabled"]) == (200, False)
    assert client.get(API).status_code == 401
    assert cognito.signed_in("alice").get(API).status_code == 200


def test_local_users_keep_a_form_of_their_own(cognito: House) -> None:
    client = cognito.client()
    assert "Sign in with an account of this server" in client.get("/login").get_data(as_text=True)
    assert sign_in(client, "alice", "correct horse battery", **{"with": "local"}).status_code == 303
    assert client.get("/admin/tokens").status_code == 200


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"clientID": "nosuchclient"}, "no such app client"),
        ({"region": "Ireland"}, "must be an AWS region"),
        ({"enable": True}, "security.cognito.enable"),
    ],
)
def test_a_pool_that_does_not_answer_is_not_switched_on(
    house: House, pool: Pool, changes: dict[str, Any], words: str
) -> None:
    answer = put(house, pool, **changes)
    assert (answer.status_code, answer.get_json()["errorCode"]) == (422, 1003)
    assert words in answer.get_json()["message"]
    assert not house.auth.pools.settings.enabled


def test_a_script_cannot_lock_the_door_with_the_key_inside(tmp_path: Path, pool: Pool) -> None:
    house = open_house(tmp_path / "lonely")
    for path, body in (
        ("/api/v1/security/cognito", body_of(pool)),
        (
            "/api/v1/configKV",
            {
                "kvMap": {
                    f"security.cognito.{k}": v for k, v in body_of(pool, enabled="true", adminGroups="admin").items()
                }
            },
        ),
    ):
        answer = house.client().put(path, json=body)
        assert answer.status_code == 422, answer.get_data(as_text=True)
        assert "auth add-user" in answer.get_json()["message"]
    house.add_user("alice")
    assert put(house, pool).status_code == 200


def cognito_form(pool: Pool, **changes: str) -> dict[str, str]:
    return {
        "region": REGION,
        "userPoolID": pool.pool_id,
        "clientID": pool.client_id,
        "adminGroups": "admin",
        "name": "carol",
        "password": PASSWORD,
        **changes,
    }


def test_switching_on_takes_a_real_sign_in_by_an_admin_of_the_pool(tmp_path: Path, pool: Pool) -> None:
    house = open_house(tmp_path / "fresh")
    house.clock.now = datetime.now(UTC)
    client = house.client()
    for changes, words in (
        ({"password": "Wrong-horse-1"}, "The user pool was not switched on"),
        ({"name": "bob"}, "The pool stays off, so that you are not locked out"),
        ({"clientID": "nosuchclient"}, "no such app client"),
        ({"userPoolID": "x"}, "must be a user pool id"),
    ):
        refused = post(client, "/admin/cognito", "/admin/cognito", **cognito_form(pool, **changes))
        assert refused.status_code == 422
        assert words in refused.get_data(as_text=True)
        assert not house.auth.pools.settings.enabled
        assert PASSWORD not in refused.get_data(as_text=True)
    done = post(client, "/admin/cognito", "/admin/cognito", **cognito_form(pool))
    assert (done.status_code, done.headers["Location"]) == (303, "/admin/cognito")
    assert house.auth.pools.settings.enabled
    assert client.get("/account").get_data(as_text=True).count("carol") >= 1
    assert house.client().get(API).status_code == 401
    off = post(client, "/admin/cognito/disable", "/admin/cognito")
    assert (off.status_code, house.client().get(API).status_code) == (303, 200)


def test_the_way_back_is_a_command_on_the_machine(cognito: House) -> None:
    done = CliRunner().invoke(app, ["auth", "disable", "--data-dir", str(cognito.folder)])
    assert done.exit_code == 0, done.output
    assert "alice (admin)" in done.output
    cognito.services.config.refresh(settled=True)
    assert not cognito.auth.pools.settings.enabled


def test_no_secret_of_a_sign_in_is_written_anywhere(cognito: House, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", logger="mmbatch_dash")
    client = cognito.client()
    sign_in(client, "bob", "Canary-wrong-1")
    sign_in(client, "carol", PASSWORD)
    cognito.clock.pass_by(minutes=4)
    pages = [client.get(path).get_data(as_text=True) for path in ("/account", "/admin/audit", "/api/v1/config")]
    user = next(iter(cognito.auth.sessions._sessions.values()))
    assert user.tokens is not None
    secrets = ["Canary-wrong-1", PASSWORD, user.tokens.access, user.tokens.refresh, user.key]
    written = [path.read_text(errors="replace") for path in cognito.folder.rglob("*") if path.is_file()]
    cookie = client.get_cookie("mmbatch_session")
    assert cookie is not None
    for text in (*pages, *written, caplog.text):
        for secret in secrets:
            assert secret not in text
    assert user.tokens.refresh not in cookie.value
