"""Sessions that hold on every server of a cluster: rows in the shared database, looked at again every half second.

The database knows a digest of the browser's key. The user pool's tokens are encrypted by that key: who reads the
database can neither enter nor use them.
"""

import hashlib
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from mmbatch_dash.auth.sessions.sessions import ABSOLUTE, IDLE, MOST_SESSIONS, CognitoTokens, Session, Sessions
from mmbatch_dash.domain.identity import CallerKind, Role
from mmbatch_dash.domain.instants import parse_instant, to_iso
from mmbatch_dash.store.documents.interface import Documents
from mmbatch_dash.store.documents.sessions import SessionRow, SessionTable

LOOK_SECONDS = 0.5
TOUCH_EVERY = timedelta(seconds=30)
NONCE_BYTES = 12


class SharedSessions(Sessions):
    """All sessions of a cluster, as `Sessions` are those of one server. Safe for threads."""

    are_shared = True

    def __init__(self, table: SessionTable, clock: Callable[[], datetime]) -> None:
        super().__init__(clock)
        self._table = table
        self._known: OrderedDict[str, _Known] = OrderedDict()

    def begin(
        self, name: str, kind: CallerKind, role: Role, *, stamp: str = "", tokens: CognitoTokens | None = None
    ) -> Session:
        """A new session under a new key."""
        now = self._clock()
        session = Session(secrets.token_urlsafe(32), name, kind, role, stamp, now, now, tokens)
        row = SessionRow(_id_of(session.key), name, kind.value, role.value, stamp, now, now, _seal(session.key, tokens))
        self._table.add(row, over=(now - IDLE, now - ABSOLUTE), most=MOST_SESSIONS)
        self._keep(_Known(session, row, now))
        return session

    def find(self, key: str) -> Session | None:
        """The session of that key, unless it is over or was ended, on this server or another."""
        known = self._known.get(key)
        if known is None or time.monotonic() >= known.look_again_at:
            known = self._look(key, known)
        if known is None or self._is_over(known.session, self._clock()):
            return None
        return known.session

    def touch(self, session: Session) -> None:
        """Notes that the person did something; the others are told every half minute."""
        session.seen_at = self._clock()
        known = self._known.get(session.key)
        if known is None or session.seen_at - known.told_at >= TOUCH_EVERY:
            self._table.touch(_id_of(session.key), session.seen_at)
            if known is not None:
                known.told_at = session.seen_at

    def renewed(self, session: Session) -> None:
        """Tells the others what the user pool said of a session, if it said something new."""
        known = self._known.get(session.key)
        if known is not None and (session.role is not known.role or session.tokens is not known.tokens):
            self._table.renew(_id_of(session.key), session.role.value, _seal(session.key, session.tokens))
            known.note(session)

    def end(self, key: str) -> None:
        """Ends a session; nothing if it is over already."""
        with self._mutex:
            self._known.pop(key, None)
        self._table.end(_id_of(key))

    def end_all_of(self, name: str, kind: CallerKind) -> int:
        """Ends every session of a user; how many there were."""
        ended = self._table.end_all_of(name, kind.value)
        with self._mutex:
            for key in [
                key for key, one in self._known.items() if (one.session.name, one.session.kind) == (name, kind)
            ]:
                del self._known[key]
        return ended

    def _look(self, key: str, known: "_Known | None") -> "_Known | None":
        row = self._table.find(_id_of(key))
        if row is None:
            with self._mutex:
                self._known.pop(key, None)
            return None
        if known is None:
            known = self._keep(_Known(_session(key, row), row, row.seen_at))
        known.take(row)
        return known

    def _keep(self, known: "_Known") -> "_Known":
        with self._mutex:
            # Of two requests at once both get the same session: its lock is what they wait at.
            kept = self._known.setdefault(known.session.key, known)
            self._known.move_to_end(known.session.key)
            while len(self._known) > MOST_SESSIONS:
                self._known.popitem(last=False)
        return kept


def open_sessions(documents: Documents, clock: Callable[[], datetime]) -> Sessions:
    """Sessions in memory, or where several servers share them."""
    return Sessions(clock) if documents.sessions is None else SharedSessions(documents.sessions, clock)


class _Known:
    """A session beside what the database last said of it."""

    def __init__(self, session: Session, row: SessionRow, told_at: datetime) -> None:
        self.session, self.told_at = session, told_at
        self.look_again_at = time.monotonic() + LOOK_SECONDS
        self._sealed = row.sealed
        self.note(session)

    def note(self, session: Session) -> None:
        """Remembers what is written down."""
        self.role, self.tokens = session.role, session.tokens

    def take(self, row: SessionRow) -> None:
        """Takes over what another server wrote."""
        self.look_again_at = time.monotonic() + LOOK_SECONDS
        self.session.seen_at = max(self.session.seen_at, row.seen_at)
        if row.sealed != self._sealed and self.session.tokens is self.tokens:
            tokens = _open(self.session.key, row.sealed)
            if tokens and self.tokens and tokens.checked_at > self.tokens.checked_at:
                self.session.role, self.session.tokens = Role(row.role), tokens
                self.note(self.session)
            self._sealed = row.sealed


def _session(key: str, row: SessionRow) -> Session:
    return Session(
        key,
        row.name,
        CallerKind(row.kind),
        Role(row.role),
        row.stamp,
        row.began_at,
        row.seen_at,
        _open(key, row.sealed),
    )


def _id_of(key: str) -> bytes:
    return hashlib.blake2b(key.encode(), digest_size=32, person=b"mmbatch-id").digest()


def _cipher(key: str) -> AESGCM:
    return AESGCM(hashlib.blake2b(key.encode(), digest_size=32, person=b"mmbatch-seal").digest())


def _seal(key: str, tokens: CognitoTokens | None) -> bytes | None:
    if tokens is None:
        return None
    nonce = secrets.token_bytes(NONCE_BYTES)
    content = orjson.dumps(
        [tokens.access, tokens.refresh, tokens.username, tokens.subject, to_iso(tokens.checked_at), tokens.hosted]
    )
    return nonce + _cipher(key).encrypt(nonce, content, None)


def _open(key: str, sealed: bytes | None) -> CognitoTokens | None:
    """The tokens; None where there are none, or they are not this session's."""
    if sealed is None:
        return None
    try:
        content = _cipher(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], None)
    except InvalidTag:
        return None
    access, refresh, username, subject, checked_at, hosted = orjson.loads(content)
    return CognitoTokens(access, refresh, username, subject, parse_instant(checked_at), hosted)
