"""Sign-in calls of Amazon Cognito user pools through boto3, unsigned: no AWS credentials are needed or used.

Knows neither sessions nor pages; what comes back are steps, what goes wrong is a reason.
"""

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from mmbatch_dash.domain.errors import MmbatchDashError

CONNECT_SECONDS, READ_SECONDS = 4, 10
_NOBODY = "mmbatch-dash-probe-6f1c"


class Reason(StrEnum):
    """Why a call was refused."""

    CREDENTIALS = "wrong name or password"
    CODE = "wrong or expired code"
    PASSWORD = "password against the policy"  # noqa: S105 - a reason
    RESET = "password must be reset"
    UNCONFIRMED = "account not confirmed"
    TOO_MANY = "too many attempts"
    EXPIRED = "took too long"
    CLIENT = "pool or app client"
    UNREACHABLE = "pool not reached"


class CognitoRefused(MmbatchDashError):
    """The pool refused, or could not be asked.

    Attributes:
        reason: why.
    """

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class PoolTokens:
    """What a finished sign-in gives; nothing is verified yet. `refresh` is empty when the old one stays."""

    id_token: str = field(repr=False)
    access: str = field(repr=False)
    refresh: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Challenge:
    """What the pool asks before it lets the user in.

    Attributes:
        name: of the challenge, as Cognito names it.
        session: carries the sign-in on.
        parameters: what it says beside.
        username: as later answers must name the user.
    """

    name: str
    session: str = field(repr=False)
    parameters: Mapping[str, str]
    username: str


class CognitoClient:
    """One app client of a pool. Safe for threads."""

    def __init__(self, region: str, client_id: str, secret: str = "", endpoint: str | None = None) -> None:
        self._region, self._client_id, self._secret, self._endpoint = region, client_id, secret, endpoint
        self._made: Any = None

    def start(self, username: str, password: str) -> PoolTokens | Challenge:
        """Begins a sign-in with a password."""
        parameters = self._with_hash(username, {"USERNAME": username, "PASSWORD": password})
        return self._step(username, "initiate_auth", AuthFlow="USER_PASSWORD_AUTH", AuthParameters=parameters)

    def answer(self, challenge: Challenge, responses: Mapping[str, str]) -> PoolTokens | Challenge:
        """Answers a challenge."""
        full = self._with_hash(challenge.username, {"USERNAME": challenge.username, **responses})
        return self._step(
            challenge.username,
            "respond_to_auth_challenge",
            ChallengeName=challenge.name,
            Session=challenge.session,
            ChallengeResponses=full,
        )

    def refresh(self, refresh_token: str, username: str) -> PoolTokens:
        """New tokens for a refresh token. Under token rotation only the second call exists, and brings a new one.

        Raises:
            CognitoRefused: it is revoked or expired, the user is disabled or gone, or the pool cannot be asked.
        """
        try:
            parameters = self._with_hash(username, {"REFRESH_TOKEN": refresh_token})
            step = self._step(username, "initiate_auth", AuthFlow="REFRESH_TOKEN_AUTH", AuthParameters=parameters)
        except CognitoRefused as error:
            if error.reason is Reason.UNREACHABLE:
                raise
            secret = {"ClientSecret": self._secret} if self._secret else {}
            try:
                step = self._step(username, "get_tokens_from_refresh_token", RefreshToken=refresh_token, **secret)
            except CognitoRefused as second:
                # Under rotation the first call is always refused; the second then speaks of this token.
                raise (second if second.reason is Reason.CREDENTIALS else error) from None
        if isinstance(step, Challenge):
            raise CognitoRefused(Reason.CREDENTIALS, "The pool asks the user to sign in again.")
        return step

    def forgot(self, username: str) -> None:
        """Has a code sent with which the user chooses a new password."""
        self._call("forgot_password", Username=username, **self._hash_argument(username))

    def confirm_forgot(self, username: str, code: str, password: str) -> None:
        """Sets a new password by the code."""
        self._call(
            "confirm_forgot_password",
            Username=username,
            ConfirmationCode=code,
            Password=password,
            **self._hash_argument(username),
        )

    def sign_out_everywhere(self, access_token: str) -> None:
        """Voids every token of the user, on all devices."""
        self._send("global_sign_out", AccessToken=access_token)

    def probe(self) -> None:
        """Checks that the app client exists and takes passwords, by a sign-in that must fail.

        Raises:
            CognitoRefused: it does not.
        """
        try:
            self.start(_NOBODY, _NOBODY)
        except CognitoRefused as error:
            if error.reason in (Reason.CLIENT, Reason.UNREACHABLE, Reason.TOO_MANY):
                raise

    def _step(self, username: str, operation: str, **arguments: Any) -> PoolTokens | Challenge:
        answer = self._call(operation, **arguments)
        if result := answer.get("AuthenticationResult"):
            return PoolTokens(result.get("IdToken", ""), result.get("AccessToken", ""), result.get("RefreshToken", ""))
        parameters = {str(name): str(value) for name, value in answer.get("ChallengeParameters", {}).items()}
        name = answer.get("ChallengeName", "")
        return Challenge(name, answer.get("Session", ""), parameters, parameters.get("USER_ID_FOR_SRP") or username)

    def _with_hash(self, username: str, parameters: dict[str, str]) -> dict[str, str]:
        return {**parameters, "SECRET_HASH": self._hash(username)} if self._secret else parameters

    def _hash_argument(self, username: str) -> dict[str, str]:
        return {"SecretHash": self._hash(username)} if self._secret else {}

    def _hash(self, username: str) -> str:
        # Cognito's SecretHash: HMAC-SHA256 of user name and client id under the client secret.
        digest = hmac.new(self._secret.encode(), f"{username}{self._client_id}".encode(), hashlib.sha256).digest()
        return base64.b64encode(digest).decode()

    def _call(self, operation: str, **arguments: Any) -> dict[str, Any]:
        return self._send(operation, ClientId=self._client_id, **arguments)

    def _send(self, operation: str, **arguments: Any) -> dict[str, Any]:
        from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

        try:
            call: Callable[..., dict[str, Any]] = getattr(self._client(), operation)
            return call(**arguments)
        except ClientError as error:
            raise _refusal(error.response.get("Error", {})) from None
        except ParamValidationError:
            raise CognitoRefused(Reason.CREDENTIALS, "The pool cannot take what was typed.") from None
        except BotoCoreError as error:
            message = f"The user pool could not be reached: {type(error).__name__}."
            raise CognitoRefused(Reason.UNREACHABLE, message) from None

    def _client(self) -> Any:
        if self._made is None:
            # Imported late: it takes a third of a second, and only sign-in needs it.
            from boto3.session import Session
            from botocore import UNSIGNED
            from botocore.config import Config

            config = Config(
                signature_version=UNSIGNED,
                connect_timeout=CONNECT_SECONDS,
                read_timeout=READ_SECONDS,
                retries={"max_attempts": 1, "mode": "standard"},
            )
            self._made = Session(region_name=self._region).client(
                "cognito-idp", endpoint_url=self._endpoint, config=config
            )
        return self._made


_REASONS: dict[str, tuple[Reason, str]] = {
    "CodeMismatchException": (Reason.CODE, "The code is wrong."),
    "ExpiredCodeException": (Reason.CODE, "The code has expired; ask for a new one."),
    "EnableSoftwareTokenMFAException": (Reason.CODE, "The code is wrong."),
    "PasswordResetRequiredException": (Reason.RESET, "The password has to be reset; use “Forgotten password”."),
    "UserNotConfirmedException": (Reason.UNCONFIRMED, "The account is not confirmed yet."),
    "TooManyRequestsException": (Reason.TOO_MANY, "The user pool has had too many attempts; wait a little."),
    "TooManyFailedAttemptsException": (Reason.TOO_MANY, "The user pool has had too many attempts; wait a little."),
    "LimitExceededException": (Reason.TOO_MANY, "The user pool has had too many attempts; wait a little."),
    "ResourceNotFoundException": (Reason.CLIENT, "The user pool knows no such app client."),
    "InvalidParameterException": (Reason.CLIENT, "The app client does not allow sign-in with a password."),
    "UnsupportedOperationException": (Reason.CLIENT, "The app client does not allow this."),
    "UnsupportedTokenTypeException": (Reason.CLIENT, "The app client does not allow this."),
    "UnauthorizedException": (Reason.CLIENT, "The app client does not allow this."),
}
_WRONG = (Reason.CREDENTIALS, "Name or password is wrong.")


def _refusal(error: Mapping[str, Any]) -> CognitoRefused:
    code, text = str(error.get("Code", "")), str(error.get("Message", ""))
    if code in ("InvalidPasswordException", "PasswordHistoryPolicyViolationException"):
        # Cognito's own sentence says which rule of the pool the new password breaks.
        return CognitoRefused(Reason.PASSWORD, text or "The new password breaks the pool's rules.")
    if code == "NotAuthorizedException" and "session" in text.lower():
        return CognitoRefused(Reason.EXPIRED, "The sign-in took too long; begin again.")
    if code == "NotAuthorizedException" and "secret" in text.lower():
        return CognitoRefused(Reason.CLIENT, "The app client has a secret, and it is not the one configured.")
    if code in ("NotAuthorizedException", "UserNotFoundException", "UserLambdaValidationException"):
        return CognitoRefused(*_WRONG)
    if code in _REASONS:
        return CognitoRefused(*_REASONS[code])
    return CognitoRefused(Reason.UNREACHABLE, f"The user pool could not answer ({code or 'no reason given'}).")
