"""Tokens for nodes and scripts: hashes, rights, expiry and last use in documents of `secrets`."""

import hashlib
import hmac
import secrets
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from mmbatch_dash.domain.errors import InvalidInput, NotFound, StoreUnavailable
from mmbatch_dash.domain.events.catalog import EVENT_TYPES
from mmbatch_dash.domain.identity import Right
from mmbatch_dash.domain.instants import parse_instant, to_iso
from mmbatch_dash.domain.teller import OTHERS, kind_of
from mmbatch_dash.store.auth.machine import MACHINE_ID, machine_secret
from mmbatch_dash.store.auth.users import check_name
from mmbatch_dash.store.documents.interface import Documents
from mmbatch_dash.store.documents.tree import Tree

PREFIX = "mmb"
VERSION = 2
"""Of a token's row; those of version 0.1 have none."""
KINDS = tuple(sorted({*(kind_of(name) for name in EVENT_TYPES), OTHERS}))
LONGEST_PATTERN = 200
USE_RESOLUTION = timedelta(minutes=1)
"""Last use is written at most this often for a token."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token without its secret.

    Attributes:
        token_id: public part of the token.
        name: what it is for.
        rights: what it may do.
        created_at: when it was made.
        expires_at: when it ends; None never.
        last_used_at: to about a minute; None never used.
        revoked_at: when it was taken back.
        types: first words of the event types it may send; empty for all.
        sources: patterns of the sources it may name; empty for all.
    """

    token_id: str
    name: str
    rights: frozenset[Right]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None
    types: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()

    def bounds(self) -> list[tuple[str, tuple[str, ...]]]:
        """What it is bound to, by name."""
        return [("types", self.types), ("sources", self.sources)]

    def state(self, now: datetime) -> str:
        """valid, expired or revoked."""
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at is not None and self.expires_at <= now else "valid"


class Tokens:
    """The tokens of an installation; the command line may change them beside a running server."""

    def __init__(self, documents: Documents, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._kept = Tree(documents, "secrets/tokens.json")
        self._uses = Tree(documents, "secrets/token_uses.json")
        self._documents = documents
        self._clock = clock
        self._noted: dict[str, datetime] = {}
        self._read: dict[str, tuple[dict[str, Any], Token]] = {}
        self._mutex = threading.Lock()

    def create(
        self,
        name: str,
        rights: Iterable[Right],
        lifetime: timedelta | None,
        *,
        types: Iterable[str] = (),
        sources: Iterable[str] = (),
    ) -> tuple[str, Token]:
        """A new token: the text to hand over, which is kept nowhere, and what is kept of it.

        Raises:
            InvalidInput: no right, no name, a lifetime that is over at once, or bounds that are none.
        """
        check_name(name)
        chosen = frozenset(rights)
        if not chosen:
            raise InvalidInput(f"must hold at least one of {', '.join(Right)}", field="rights")
        if lifetime is not None and lifetime <= timedelta(0):
            raise InvalidInput("must be longer than nothing", field="expires")
        bounds = _check_bounds(tuple(types), tuple(sources), chosen)
        now = self._clock()
        token_id, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
        row = {
            "name": name,
            "rights": sorted(chosen),
            "hash": _hash(secret),
            "created_at": to_iso(now),
            "expires_at": to_iso(now + lifetime) if lifetime else None,
            "revoked_at": None,
            "version": VERSION,
            **bounds,
        }

        def edit(tree: dict[str, Any]) -> None:
            if any(old["name"] == name and _token("", old, None).state(now) == "valid" for old in tree.values()):
                raise InvalidInput(f"There is a valid token {name!r} already; revoke it or choose another name.")
            tree[token_id] = row

        self._kept.change(edit)
        return f"{PREFIX}_{token_id}_{secret}", _token(token_id, row, None)

    def check(self, text: str) -> Token | None:
        """As `find`, and notes the use."""
        token = self.find(text)
        if token is not None and token.token_id != MACHINE_ID:
            self._note_use(token.token_id, self._clock())
        return token

    def find(self, text: str) -> Token | None:
        """The token of a presented text; None for one that is unknown, expired or revoked."""
        prefix, _, rest = text.partition("_")
        token_id, _, secret = rest.partition("_")
        if prefix != PREFIX or not text.isascii():
            return None
        if token_id == MACHINE_ID:
            return self._machine() if hmac.compare_digest(secret, machine_secret(self._documents)) else None
        row = self._kept.read().get(token_id)
        # Hashing and comparing also where there is no such token: the time says nothing.
        matches = hmac.compare_digest(_hash(secret), row["hash"] if row else "")
        if row is None or not matches:
            return None
        token = self._token_of(token_id, row)
        return token if token.state(self._clock()) == "valid" else None

    def _token_of(self, token_id: str, row: dict[str, Any]) -> Token:
        read = self._read.get(token_id)
        if read is None or read[0] is not row:  # another row once the file was read again
            read = self._read[token_id] = (row, _token(token_id, row, None))
        return read[1]

    def _machine(self) -> Token:
        now = self._clock()
        return Token(MACHINE_ID, "command line", frozenset({Right.READ}), now, None, None, None)

    def all(self) -> list[Token]:
        """All tokens, newest first."""
        uses = self._uses.read()
        rows = self._kept.read().items()
        tokens = [_token(token_id, row, uses.get(token_id)) for token_id, row in rows]
        return sorted(tokens, key=lambda token: (token.created_at, token.token_id), reverse=True)

    def is_valid(self, name: str) -> bool:
        """Whether there is a valid token of that name."""
        now = self._clock()
        return any(
            row["name"] == name and _token("", row, None).state(now) == "valid" for row in self._kept.read().values()
        )

    def admin_exists(self) -> bool:
        """Whether a valid token may change things."""
        now = self._clock()
        return any(Right.ADMIN in token.rights and token.state(now) == "valid" for token in self.all())

    def revoke(self, name_or_id: str) -> list[Token]:
        """Takes back the token of that id, or all valid ones of that name.

        Raises:
            NotFound: there is none to take back.
        """
        now = self._clock()

        def edit(tree: dict[str, Any]) -> list[Token]:
            chosen = {
                token_id: row
                for token_id, row in tree.items()
                if name_or_id in (token_id, row["name"]) and row["revoked_at"] is None
            }
            if not chosen:
                raise NotFound(f"There is no token {name_or_id!r} to revoke; `token list` shows them.")
            for row in chosen.values():
                row["revoked_at"] = to_iso(now)
            return [_token(token_id, row, None) for token_id, row in chosen.items()]

        return self._kept.change(edit)

    def _note_use(self, token_id: str, now: datetime) -> None:
        with self._mutex:
            noted = self._noted.get(token_id)
            if noted is not None and now - noted < USE_RESOLUTION:
                return
            self._noted[token_id] = now
        # A full disk keeps nobody out: the use is noted the next time.
        with suppress(StoreUnavailable, OSError):
            self._uses.change(lambda tree: tree.update({token_id: to_iso(now)}))


def split_list(text: str) -> list[str]:
    """The items of a list with commas."""
    return [item for part in text.split(",") if (item := part.strip())]


def _hash(secret: str) -> str:
    # 256 random bits need no slow hash: there is nothing to guess.
    return hashlib.sha256(secret.encode()).hexdigest()


def _token(token_id: str, row: dict[str, Any], used: str | None) -> Token:
    def instant(text: str | None) -> datetime | None:
        return parse_instant(text) if text else None

    return Token(
        token_id=token_id,
        name=row["name"],
        rights=_rights(row),
        created_at=parse_instant(row["created_at"]),
        expires_at=instant(row["expires_at"]),
        last_used_at=instant(used),
        revoked_at=instant(row["revoked_at"]),
        types=tuple(row.get("types", ())),
        sources=tuple(row.get("sources", ())),
    )


def _rights(row: dict[str, Any]) -> frozenset[Right]:
    rights = {Right(right) for right in row["rights"]}
    # Tokens of before there was the right were believed about prices.
    if "version" not in row and Right.INGEST in rights:
        rights.add(Right.PRICES)
    return frozenset(rights)


def _check_bounds(types: tuple[str, ...], sources: tuple[str, ...], rights: frozenset[Right]) -> dict[str, list[str]]:
    for kind in types:
        if kind not in KINDS:
            raise InvalidInput(f"must be some of {', '.join(KINDS)}, not {kind!r}", field="types")
    for pattern in sources:
        if not pattern.isprintable() or not 0 < len(pattern) <= LONGEST_PATTERN:
            raise InvalidInput(f"must be patterns such as my/*, not {pattern!r}", field="sources")
    if (types or sources) and Right.ADMIN in rights:
        raise InvalidInput("cannot be bound where the right admin is given, which may do everything", field="types")
    return {"types": list(types), "sources": list(sources)}
