"""What is sent to a user pool, byte for byte, and how its refusals are read: a mock answers some of this falsely."""

import base64
import hashlib
import hmac
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from botocore.stub import Stubber

from mmbatch_dash.adapters.cognito import Challenge, CognitoClient, CognitoRefused, PoolTokens, Reason
from mmbatch_dash.adapters.user_pool import fetch_keys

SECRET = "a client secret of Cognito is long"


def secret_hash(username: str) -> str:
    digest = hmac.new(SECRET.encode(), f"{username}client1".encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


class Wire:
    """A client and what it must send."""

    def __init__(self, secret: str = "") -> None:
        self.client = CognitoClient("eu-west-1", "client1", secret)
        self.stub = Stubber(self.client._client())

    def expect(self, operation: str, sent: dict[str, Any], answer: dict[str, Any]) -> None:
        self.stub.add_response(operation, answer, sent)

    def expect_refusal(self, operation: str, code: str, message: str = "no") -> None:
        self.stub.add_client_error(operation, code, message)


@pytest.fixture(scope="module")
def wires() -> dict[str, Wire]:
    return {"": Wire(), SECRET: Wire(SECRET)}


@pytest.fixture
def wire(wires: dict[str, Wire]) -> Iterator[Wire]:
    with wires[""].stub:
        yield wires[""]
        wires[""].stub.assert_no_pending_responses()


@pytest.fixture
def secret_wire(wires: dict[str, Wire]) -> Iterator[Wire]:
    with wires[SECRET].stub:
        yield wires[SECRET]
        wires[SECRET].stub.assert_no_pending_responses()


TOKENS = {"AuthenticationResult": {"IdToken": "i", "AccessToken": "a", "RefreshToken": "r"}}


def test_a_password_is_sent_in_the_password_flow(wire: Wire) -> None:
    sent = {
        "AuthFlow": "USER_PASSWORD_AUTH",
        "AuthParameters": {"USERNAME": "alice", "PASSWORD": "pw"},
        "ClientId": "client1",
    }
    wire.expect("initiate_auth", sent, TOKENS)
    assert wire.client.start("alice", "pw") == PoolTokens("i", "a", "r")


def test_no_aws_credentials_are_used(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "canary")
    from botocore import UNSIGNED

    assert wire.client._client().meta.config.signature_version is UNSIGNED


def test_with_a_client_secret_every_step_carries_its_hash(secret_wire: Wire) -> None:
    started = {"USERNAME": "alice@x", "PASSWORD": "pw", "SECRET_HASH": secret_hash("alice@x")}
    secret_wire.expect(
        "initiate_auth",
        {"AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": started, "ClientId": "client1"},
        {
            "ChallengeName": "SMS_MFA",
            "Session": "s" * 20,
            "ChallengeParameters": {"USER_ID_FOR_SRP": "uuid-1", "CODE_DELIVERY_DESTINATION": "+*99"},
        },
    )
    challenge = secret_wire.client.start("alice@x", "pw")
    assert isinstance(challenge, Challenge)
    # From here on the user goes by the pool's own name, and so does the hash.
    answered = {"USERNAME": "uuid-1", "SECRET_HASH": secret_hash("uuid-1"), "SMS_MFA_CODE": "123456"}
    secret_wire.expect(
        "respond_to_auth_challenge",
        {
            "ChallengeName": "SMS_MFA",
            "Session": "s" * 20,
            "ChallengeResponses": answered,
            "ClientId": "client1",
        },
        TOKENS,
    )
    assert isinstance(secret_wire.client.answer(challenge, {"SMS_MFA_CODE": "123456"}), PoolTokens)
    refreshed = {"REFRESH_TOKEN": "r", "SECRET_HASH": secret_hash("uuid-1")}
    secret_wire.expect(
        "initiate_auth",
        {"AuthFlow": "REFRESH_TOKEN_AUTH", "AuthParameters": refreshed, "ClientId": "client1"},
        {"AuthenticationResult": {"IdToken": "i2", "AccessToken": "a2"}},
    )
    assert secret_wire.client.refresh("r", "uuid-1") == PoolTokens("i2", "a2", "")
    secret_wire.expect(
        "forgot_password",
        {"Username": "alice", "SecretHash": secret_hash("alice"), "ClientId": "client1"},
        {},
    )
    secret_wire.client.forgot("alice")


def test_under_token_rotation_the_other_call_brings_a_new_refresh_token(secret_wire: Wire) -> None:
    secret_wire.expect_refusal("initiate_auth", "UnsupportedOperationException", "rotation is on")
    sent = {"RefreshToken": "r1", "ClientSecret": SECRET, "ClientId": "client1"}
    answer = {"AuthenticationResult": {"IdToken": "i", "AccessToken": "a", "RefreshToken": "r2"}}
    secret_wire.expect("get_tokens_from_refresh_token", sent, answer)
    assert secret_wire.client.refresh("r1", "alice").refresh == "r2"


def test_under_token_rotation_a_disabled_user_is_told_by_the_second_call(wire: Wire) -> None:
    wire.expect_refusal("initiate_auth", "UnsupportedOperationException", "rotation is on")
    wire.expect_refusal("get_tokens_from_refresh_token", "NotAuthorizedException", "User is disabled.")
    with pytest.raises(CognitoRefused) as refused:
        wire.client.refresh("r", "alice")
    assert refused.value.reason is Reason.CREDENTIALS


def test_a_disabled_user_is_told_by_both_calls(wire: Wire) -> None:
    wire.expect_refusal("initiate_auth", "NotAuthorizedException", "User is disabled.")
    wire.expect_refusal("get_tokens_from_refresh_token", "NotAuthorizedException", "User is disabled.")
    with pytest.raises(CognitoRefused) as refused:
        wire.client.refresh("r", "alice")
    assert refused.value.reason is Reason.CREDENTIALS


def test_signing_out_everywhere_sends_the_access_token_alone(wire: Wire) -> None:
    wire.expect("global_sign_out", {"AccessToken": "a"}, {})
    wire.client.sign_out_everywhere("a")


def test_a_new_password_by_code(wire: Wire) -> None:
    sent = {"Username": "alice", "ConfirmationCode": "123456", "Password": "new", "ClientId": "client1"}
    wire.expect("confirm_forgot_password", sent, {})
    wire.client.confirm_forgot("alice", "123456", "new")


@pytest.mark.parametrize(
    ("code", "message", "reason"),
    [
        ("NotAuthorizedException", "Incorrect username or password.", Reason.CREDENTIALS),
        ("NotAuthorizedException", "User is disabled.", Reason.CREDENTIALS),
        ("NotAuthorizedException", "Invalid session for the user, session is expired.", Reason.EXPIRED),
        ("NotAuthorizedException", "Unable to verify secret hash for client client1", Reason.CLIENT),
        ("UserNotFoundException", "User does not exist.", Reason.CREDENTIALS),
        ("CodeMismatchException", "Invalid code", Reason.CODE),
        ("ExpiredCodeException", "Expired", Reason.CODE),
        ("InvalidPasswordException", "Password did not conform with policy", Reason.PASSWORD),
        ("PasswordResetRequiredException", "reset", Reason.RESET),
        ("UserNotConfirmedException", "confirm", Reason.UNCONFIRMED),
        ("TooManyRequestsException", "slow", Reason.TOO_MANY),
        ("LimitExceededException", "slow", Reason.TOO_MANY),
        ("ResourceNotFoundException", "client", Reason.CLIENT),
        ("InvalidParameterException", "USER_PASSWORD_AUTH flow not enabled for this client", Reason.CLIENT),
        ("InternalErrorException", "oops", Reason.UNREACHABLE),
    ],
)
def test_refusals_are_read(wire: Wire, code: str, message: str, reason: Reason) -> None:
    wire.expect_refusal("initiate_auth", code, message)
    with pytest.raises(CognitoRefused) as refused:
        wire.client.start("alice", "pw")
    assert refused.value.reason is reason
    assert "pw" not in str(refused.value).split()


def test_unknown_user_disabled_user_and_wrong_password_read_the_same(wire: Wire) -> None:
    texts = set()
    for code, message in (
        ("NotAuthorizedException", "Incorrect username or password."),
        ("NotAuthorizedException", "User is disabled."),
        ("UserNotFoundException", "User does not exist."),
    ):
        wire.expect_refusal("initiate_auth", code, message)
        with pytest.raises(CognitoRefused) as refused:
            wire.client.start("alice", "pw")
        texts.add(str(refused.value))
    assert texts == {"Name or password is wrong."}


def test_the_probe_is_content_with_a_wrong_password_and_with_nothing_less(wire: Wire) -> None:
    wire.expect_refusal("initiate_auth", "NotAuthorizedException", "Incorrect username or password.")
    wire.client.probe()
    wire.expect_refusal("initiate_auth", "InvalidParameterException", "USER_PASSWORD_AUTH flow not enabled")
    with pytest.raises(CognitoRefused, match="does not allow sign-in with a password"):
        wire.client.probe()


def test_a_pool_out_of_reach_is_named_so() -> None:
    client = CognitoClient("eu-west-1", "client1", endpoint="http://127.0.0.1:9")
    with pytest.raises(CognitoRefused) as refused:
        client.start("alice", "pw")
    assert refused.value.reason is Reason.UNREACHABLE


@pytest.mark.parametrize("status", [400, 404])
def test_a_pool_without_keys_is_no_pool(monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    answer = requests.Response()
    answer.status_code = status
    monkeypatch.setattr(requests, "get", lambda *_, **__: answer)
    with pytest.raises(CognitoRefused, match="no such user pool"):
        fetch_keys("https://pool.invalid/keys")


def test_secrets_do_not_show_in_what_is_printed() -> None:
    shown = repr((PoolTokens("canary1", "canary2", "canary3"), Challenge("X", "canary4", {}, "alice")))
    assert "canary" not in shown
