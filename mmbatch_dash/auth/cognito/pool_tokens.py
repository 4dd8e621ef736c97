"""The ID and access token of a user pool, verified: nothing in them is believed before."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from mmbatch_dash.adapters.cognito import PoolTokens
from mmbatch_dash.adapters.user_pool import KeyRing, UserPool
from mmbatch_dash.domain.identity import Role

LEEWAY_SECONDS = 30
LONGEST_TOKEN = 32 * 1024
ALGORITHM = "RS256"
"""The only one pools sign with; a token that names another, or none, is refused unread."""


class TokenRefused(Exception):
    """A token is not what it must be; the text says why, for the log."""


@dataclass(frozen=True, slots=True)
class PoolUser:
    """Who the pool says signed in.

    Attributes:
        subject: the pool's unchangeable id of the user.
        username: as the pool knows the user.
        name: for people: the address the pool verified, else the user name.
        groups: of the pool.
    """

    subject: str
    username: str
    name: str
    groups: frozenset[str]

    def role(self, admin_groups: tuple[str, ...], reader_groups: tuple[str, ...] = ()) -> Role | None:
        """Admin for members of an admin group, reader for those of a reader group or if there are none; else None."""
        if self.groups & set(admin_groups):
            return Role.ADMIN
        return Role.READER if not reader_groups or self.groups & set(reader_groups) else None


def verify_tokens(
    tokens: PoolTokens, pool: UserPool, keys: KeyRing, now: datetime, *, nonce: str | None = None
) -> PoolUser:
    """The user of a pair of tokens.

    Args:
        tokens: as the pool, or somebody, gave them.
        pool: whose they must be.
        keys: of that pool.
        now: against which expiry is checked.
        nonce: that the ID token must carry.

    Raises:
        TokenRefused: forged, expired, of another pool or client, or not belonging together.
        CognitoRefused: the pool's keys could not be fetched.
    """
    identity = _verify(tokens.id_token, pool, keys, now, use="id")
    access = _verify(tokens.access, pool, keys, now, use="access")
    if identity.get("aud") not in (pool.client_id, [pool.client_id]):
        raise TokenRefused("the ID token is for another client")
    if access.get("client_id") != pool.client_id:
        raise TokenRefused("the access token is for another client")
    if nonce is not None and identity.get("nonce") != nonce:
        raise TokenRefused("the ID token is of another sign-in")
    subject, username = identity.get("sub"), identity.get("cognito:username")
    if not subject or not isinstance(subject, str) or access.get("sub") != subject:
        raise TokenRefused("the tokens are of different users")
    if not username or not isinstance(username, str) or access.get("username", username) != username:
        raise TokenRefused("the tokens name different users")
    email = identity.get("email")
    # An address the user typed and nobody verified could be somebody else's name.
    verified = isinstance(email, str) and str(identity.get("email_verified")).lower() == "true"
    groups = access.get("cognito:groups") or []
    if not isinstance(groups, list):
        raise TokenRefused("the groups are no list")
    return PoolUser(subject, username, str(email) if verified else username, frozenset(map(str, groups)))


def _verify(text: str, pool: UserPool, keys: KeyRing, now: datetime, *, use: str) -> Mapping[str, Any]:
    if not text or len(text) > LONGEST_TOKEN:
        raise TokenRefused(f"there is no {use} token")
    try:
        header = jws.extract_compact(text.encode("ascii")).headers()
        if header.get("alg") != ALGORITHM:
            raise TokenRefused(f"the {use} token names the algorithm {header.get('alg')!r}")
        key = keys.find(str(header.get("kid")))
        if key is None or key.get("use", "sig") != "sig" or key.get("alg", ALGORITHM) != ALGORITHM:
            raise TokenRefused(f"the {use} token is signed with a key that is not the pool's")
        claims = jwt.decode(text, RSAKey.import_key(key), algorithms=[ALGORITHM]).claims
        # The registry checks exp, nbf and iat wherever they stand.
        jwt.JWTClaimsRegistry(
            now=int(now.timestamp()),
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": pool.issuer},
            exp={"essential": True},
            token_use={"essential": True, "value": use},
        ).validate(claims)
    except (JoseError, ValueError, UnicodeEncodeError) as error:
        raise TokenRefused(f"the {use} token is refused: {error}") from None
    return claims
