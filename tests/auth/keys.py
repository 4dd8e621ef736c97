"""A made-up pool that signs tokens, for tests of what is believed of them."""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, field
from typing import Any

from joserfc import jwt
from joserfc.jwk import RSAKey

from mmbatch_dash.adapters.user_pool import UserPool

REGION, POOL, CLIENT = "eu-west-1", "eu-west-1_AbCdEfGhI", "client1"
ISSUER = f"https://cognito-idp.{REGION}.amazonaws.com/{POOL}"


def make_key(key_id: str) -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": key_id, "use": "sig", "alg": "RS256"})


KEY, OTHER_KEY = make_key("key-1"), make_key("key-2")


def pool_of(**changes: Any) -> UserPool:
    values = {
        "region": REGION,
        "pool_id": POOL,
        "client_id": CLIENT,
        "client_secret": "",
        "issuer": ISSUER,
        "keys_url": "http://unused.invalid/keys",
        "endpoint": None,
        "hosted_url": "",
    }
    return UserPool(**{**values, **changes})


@dataclass
class Signer:
    """Signs pairs of tokens as the pool would; every claim can be bent.

    Attributes:
        now: epoch seconds they are issued at.
        key: signs.
        header: of both, over the usual one.
    """

    now: int
    key: RSAKey = field(default_factory=lambda: KEY)
    header: dict[str, Any] = field(default_factory=dict)

    def id_token(self, **claims: Any) -> str:
        usual = {"aud": CLIENT, "token_use": "id", "cognito:username": "alice", "nonce": "n1"}
        return self._sign({**usual, **claims})

    def access(self, **claims: Any) -> str:
        usual = {"client_id": CLIENT, "token_use": "access", "username": "alice", "cognito:groups": ["admin"]}
        return self._sign({**usual, **claims})

    def _sign(self, claims: dict[str, Any]) -> str:
        usual = {"iss": ISSUER, "sub": "sub-1", "iat": self.now, "exp": self.now + 3600, "auth_time": self.now}
        full = {name: value for name, value in {**usual, **claims}.items() if value is not None}
        merged = {"alg": "RS256", "kid": self.key.kid, **self.header}
        header = {name: value for name, value in merged.items() if value is not None}
        if header["alg"] == "RS256":
            return jwt.encode(header, full, self.key)
        signed = f"{_part(json.dumps(header).encode())}.{_part(json.dumps(full).encode())}"
        if header["alg"] == "HS256":
            # The classic: the public key, which everybody has, used as a shared secret.
            secret = self.key.as_pem(private=False)
            return f"{signed}.{_part(hmac.new(secret, signed.encode(), hashlib.sha256).digest())}"
        return f"{signed}."


def _part(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
