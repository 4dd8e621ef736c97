"""What a user pool's tokens must be before anything in them is believed."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from mmbatch_dash.adapters.cognito import CognitoRefused, PoolTokens
from mmbatch_dash.adapters.user_pool import KeyRing
from mmbatch_dash.auth.cognito.pool_tokens import PoolUser, TokenRefused, verify_tokens
from mmbatch_dash.domain.identity import Role
from tests.auth.keys import CLIENT, KEY, OTHER_KEY, Signer, make_key, pool_of

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
SECONDS = int(NOW.timestamp())
SIGNER = Signer(SECONDS)
POOL = pool_of()


class Keys(KeyRing):
    """A key ring over a list of keys instead of an address."""

    def __init__(self, *keys: Any) -> None:
        super().__init__("http://unused.invalid")
        self.published = list(keys)
        self.fetches = 0
        self.PAUSE_SECONDS = 0.0

    def find(self, key_id: str) -> dict[str, Any] | None:
        self.fetches += 1
        return next((key.as_dict(private=False) for key in self.published if key.kid == key_id), None)


def verify(identity: str, access: str, *, nonce: str | None = None, keys: KeyRing | None = None) -> PoolUser:
    return verify_tokens(PoolTokens(identity, access, ""), POOL, keys or Keys(KEY), NOW, nonce=nonce)


def test_a_good_pair_tells_the_user_and_the_groups() -> None:
    user = verify(SIGNER.id_token(), SIGNER.access(), nonce="n1")
    assert user == PoolUser("sub-1", "alice", "alice", frozenset({"admin"}))
    assert user.role(("admin",)) is Role.ADMIN
    assert user.role(("owners",)) is Role.READER


def test_only_an_address_the_pool_verified_becomes_a_name() -> None:
    typed = SIGNER.id_token(email="boss@example.org", email_verified=False)
    assert verify(typed, SIGNER.access()).name == "alice"
    proved = SIGNER.id_token(email="alice@example.org", email_verified=True)
    assert verify(proved, SIGNER.access()).name == "alice@example.org"


def test_a_user_without_groups_is_a_reader() -> None:
    user = verify(SIGNER.id_token(), SIGNER.access(**{"cognito:groups": None}))
    assert user.role(("admin",)) is Role.READER


def test_groups_of_the_id_token_alone_give_nothing() -> None:
    user = verify(SIGNER.id_token(**{"cognito:groups": ["admin"]}), SIGNER.access(**{"cognito:groups": None}))
    assert user.role(("admin",)) is Role.READER


BENT: dict[str, Callable[[], tuple[str, str]]] = {
    "expired": lambda: (SIGNER.id_token(exp=SECONDS - 31), SIGNER.access()),
    "access token expired": lambda: (SIGNER.id_token(), SIGNER.access(exp=SECONDS - 31)),
    "without expiry": lambda: (SIGNER.id_token(exp=None), SIGNER.access()),
    "issued in the future": lambda: (SIGNER.id_token(iat=SECONDS + 600), SIGNER.access()),
    "not valid yet": lambda: (SIGNER.id_token(nbf=SECONDS + 600), SIGNER.access()),
    "other pool": lambda: (SIGNER.id_token(iss=f"{POOL.issuer}x"), SIGNER.access()),
    "access token of another pool": lambda: (SIGNER.id_token(), SIGNER.access(iss="https://evil.example")),
    "without issuer": lambda: (SIGNER.id_token(iss=None), SIGNER.access()),
    "other client": lambda: (SIGNER.id_token(aud="client2"), SIGNER.access()),
    "several clients": lambda: (SIGNER.id_token(aud=[CLIENT, "client2"]), SIGNER.access()),
    "without client": lambda: (SIGNER.id_token(aud=None), SIGNER.access()),
    "access token of another client": lambda: (SIGNER.id_token(), SIGNER.access(client_id="client2")),
    "access token without client": lambda: (SIGNER.id_token(), SIGNER.access(client_id=None)),
    "access token as ID token": lambda: (SIGNER.access(aud=CLIENT), SIGNER.access()),
    "ID token as access token": lambda: (SIGNER.id_token(), SIGNER.id_token(client_id=CLIENT)),
    "without use": lambda: (SIGNER.id_token(token_use=None), SIGNER.access()),
    "different subjects": lambda: (SIGNER.id_token(), SIGNER.access(sub="sub-2")),
    "different user names": lambda: (SIGNER.id_token(), SIGNER.access(username="bob")),
    "without subject": lambda: (SIGNER.id_token(sub=None), SIGNER.access(sub=None)),
    "without user name": lambda: (SIGNER.id_token(**{"cognito:username": None}), SIGNER.access()),
    "groups that are no list": lambda: (SIGNER.id_token(), SIGNER.access(**{"cognito:groups": "admin"})),
    "unsigned": lambda: (Signer(SECONDS, header={"alg": "none"}).id_token(), SIGNER.access()),
    "unsigned access token": lambda: (SIGNER.id_token(), Signer(SECONDS, header={"alg": "none"}).access()),
    "unsigned in capitals": lambda: (Signer(SECONDS, header={"alg": "NONE"}).id_token(), SIGNER.access()),
    "signed with the public key as secret": lambda: (
        Signer(SECONDS, header={"alg": "HS256"}).id_token(),
        SIGNER.access(),
    ),
    "signed with a key of somebody else": lambda: (Signer(SECONDS, OTHER_KEY).id_token(), SIGNER.access()),
    "signed by somebody under the pool's key id": lambda: (
        Signer(SECONDS, make_key("key-1")).id_token(),
        SIGNER.access(),
    ),
    "without key id": lambda: (Signer(SECONDS, header={"kid": None}).id_token(), SIGNER.access()),
    "bringing its own key": lambda: (
        Signer(SECONDS, OTHER_KEY, {"jwk": OTHER_KEY.as_dict(private=False)}).id_token(),
        SIGNER.access(),
    ),
    "one letter changed": lambda: (_changed(SIGNER.id_token()), SIGNER.access()),
    "signature cut off": lambda: (SIGNER.id_token().rpartition(".")[0] + ".", SIGNER.access()),
    "missing": lambda: ("", SIGNER.access()),
    "no token at all": lambda: ("not.a.token", SIGNER.access()),
    "not ASCII": lambda: ("tökén", SIGNER.access()),
    "endless": lambda: ("a" * 40_000, SIGNER.access()),
}


def _changed(token: str) -> str:
    head, body, signature = token.split(".")
    return ".".join((head, body[:-3] + ("A" if body[-3] != "A" else "B") + body[-2:], signature))


@pytest.mark.parametrize("how", BENT)
def test_a_bent_token_is_refused(how: str) -> None:
    identity, access = BENT[how]()
    with pytest.raises(TokenRefused):
        verify(identity, access)


def test_a_few_seconds_of_clock_difference_are_forgiven() -> None:
    assert verify(SIGNER.id_token(exp=SECONDS - 5, iat=SECONDS + 5), SIGNER.access()).username == "alice"


@pytest.mark.parametrize("nonce", ["other", ""])
def test_a_token_of_another_sign_in_is_refused(nonce: str) -> None:
    with pytest.raises(TokenRefused, match="another sign-in"):
        verify(SIGNER.id_token(), SIGNER.access(), nonce=nonce)


def test_a_key_for_encryption_signs_nothing() -> None:
    key = OTHER_KEY.as_dict(private=False) | {"use": "enc"}

    class OneKey(Keys):
        def find(self, key_id: str) -> dict[str, Any] | None:
            return key

    with pytest.raises(TokenRefused, match="not the pool's"):
        verify(Signer(SECONDS, OTHER_KEY).id_token(), SIGNER.access(), keys=OneKey())


def test_a_rotated_key_is_fetched_and_the_retired_one_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    published = [KEY]
    fetched: list[str] = []

    def fetch(url: str) -> dict[str, dict[str, Any]]:
        fetched.append(url)
        return {str(key.kid): dict(key.as_dict(private=False)) for key in published}

    monkeypatch.setattr("mmbatch_dash.adapters.user_pool.fetch_keys", fetch)
    ring = KeyRing("http://pool.invalid/keys")
    ring.PAUSE_SECONDS = 0.0
    new = Signer(SECONDS, OTHER_KEY)
    assert verify(SIGNER.id_token(), SIGNER.access(), keys=ring).username == "alice"
    published[:] = [OTHER_KEY]
    assert verify(new.id_token(), new.access(), keys=ring).username == "alice"
    with pytest.raises(TokenRefused, match="not the pool's"):
        verify(SIGNER.id_token(), SIGNER.access(), keys=ring)


def test_made_up_key_ids_do_not_make_us_hammer_the_pool(monkeypatch: pytest.MonkeyPatch) -> None:
    fetched: list[str] = []

    def fetch(url: str) -> dict[str, dict[str, Any]]:
        fetched.append(url)
        return {}

    monkeypatch.setattr("mmbatch_dash.adapters.user_pool.fetch_keys", fetch)
    ring = KeyRing("http://pool.invalid/keys")
    for number in range(20):
        assert ring.find(f"made-up-{number}") is None
    assert len(fetched) == 1


def test_a_pool_that_cannot_be_asked_is_not_taken_for_a_forged_token(monkeypatch: pytest.MonkeyPatch) -> None:
    from mmbatch_dash.adapters.user_pool import fetch_keys

    with pytest.raises(CognitoRefused, match="could not be reached"):
        fetch_keys("http://127.0.0.1:9/keys")
