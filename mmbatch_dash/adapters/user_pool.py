"""A Cognito user pool: where it answers, who it says it is, and the keys it signs with."""

import os
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from mmbatch_dash.adapters.cognito import CognitoClient, CognitoRefused, Reason
from mmbatch_dash.domain.config.security import Cognito

ENDPOINT_VARIABLES = ("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", "AWS_ENDPOINT_URL")
"""boto3's own variables for another address, such as a VPC endpoint; the issuer's name stays the pool's."""
TIMEOUT_SECONDS = (4, 8)
LONGEST_ANSWER = 512 * 1024


@dataclass(frozen=True, slots=True)
class UserPool:
    """A pool and the app client that stands for this server.

    Attributes:
        region: of the pool.
        pool_id: of the pool.
        client_id: of the app client.
        client_secret: of the app client, if it has one.
        issuer: what its tokens must say they come from.
        keys_url: where its public keys are.
        endpoint: where its API is; None is AWS's own.
        hosted_url: of its hosted sign-in page, without a slash at the end; empty if there is none.
    """

    region: str
    pool_id: str
    client_id: str
    client_secret: str = field(repr=False)
    issuer: str
    keys_url: str
    endpoint: str | None
    hosted_url: str

    def client(self) -> CognitoClient:
        """Its sign-in calls."""
        return _client(self.region, self.client_id, self.client_secret, self.endpoint)


@lru_cache(maxsize=8)
def _client(region: str, client_id: str, secret: str, endpoint: str | None) -> CognitoClient:
    # Kept, because making a boto3 client takes a third of a second of CPU.
    return CognitoClient(region, client_id, secret, endpoint)


def describe_pool(cognito: Cognito, environ: Mapping[str, str] | None = None) -> UserPool:
    """The pool that a configuration names.

    Raises:
        CognitoRefused: the file of the client secret cannot be read.
    """
    variables = os.environ if environ is None else environ
    endpoint = next((variables[name].rstrip("/") for name in ENDPOINT_VARIABLES if variables.get(name)), None)
    issuer = f"https://cognito-idp.{cognito.region}.amazonaws.com/{cognito.user_pool_id}"
    base = f"{endpoint}/{cognito.user_pool_id}" if endpoint else issuer
    domain = cognito.domain.rstrip("/")
    return UserPool(
        region=cognito.region,
        pool_id=cognito.user_pool_id,
        client_id=cognito.client_id,
        client_secret=_read_secret(cognito.client_secret_file),
        issuer=issuer,
        keys_url=f"{base}/.well-known/jwks.json",
        endpoint=endpoint,
        hosted_url=domain if "://" in domain or not domain else f"https://{domain}",
    )


def probe_pool(pool: UserPool) -> None:
    """Checks that the pool has keys and the app client takes passwords.

    Raises:
        CognitoRefused: with what is missing.
    """
    if not pool.region or not pool.pool_id or not pool.client_id:
        raise CognitoRefused(Reason.CLIENT, "Region, user pool and app client are needed.")
    fetch_keys(pool.keys_url)
    pool.client().probe()


def fetch_keys(url: str) -> dict[str, dict[str, Any]]:
    """The pool's public RSA keys by key id.

    Raises:
        CognitoRefused: there are none there, or it could not be asked.
    """
    # Where it is used: a server without login by a pool starts without it.
    import requests

    try:
        answer = requests.get(url, timeout=TIMEOUT_SECONDS, allow_redirects=False)
    except requests.RequestException as error:
        message = f"The user pool could not be reached: {type(error).__name__}."
        raise CognitoRefused(Reason.UNREACHABLE, message) from None
    if answer.status_code in (400, 404):
        raise CognitoRefused(Reason.CLIENT, "There is no such user pool in this region.")
    try:
        if answer.status_code != 200 or len(answer.content) > LONGEST_ANSWER:
            raise ValueError
        keys = {str(key["kid"]): dict(key) for key in answer.json()["keys"] if key.get("kty") == "RSA"}
    except (ValueError, KeyError, TypeError, AttributeError):
        raise CognitoRefused(Reason.UNREACHABLE, "The user pool did not answer with its keys.") from None
    return keys


class KeyRing:
    """The keys of a pool, fetched again when a token names one that is not known: pools rotate them."""

    PAUSE_SECONDS = 10.0
    """Between two fetches: forged key ids must not make this server hammer the pool."""
    LIFETIME_SECONDS = 6 * 3600.0

    def __init__(self, url: str) -> None:
        self.url = url
        self._keys: dict[str, dict[str, Any]] = {}
        self._fetched_at: float | None = None
        self._mutex = threading.Lock()

    def find(self, key_id: str) -> dict[str, Any] | None:
        """The key of that id; None where the pool has none.

        Raises:
            CognitoRefused: the pool could not be asked and the key is not known.
        """
        with self._mutex:
            age = None if self._fetched_at is None else time.monotonic() - self._fetched_at
            unknown = key_id not in self._keys and (age is None or age >= self.PAUSE_SECONDS)
            if unknown or age is None or age >= self.LIFETIME_SECONDS:
                self._fetched_at = time.monotonic()
                self._keys = fetch_keys(self.url)
            return self._keys.get(key_id)


def _read_secret(path: str) -> str:
    if not path:
        return ""
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        raise CognitoRefused(Reason.CLIENT, f"The client secret's file cannot be read: {path}: {reason}.") from None
