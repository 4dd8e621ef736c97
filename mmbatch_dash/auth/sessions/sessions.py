"""Sessions of people who signed in, kept on the server: the cookie holds only a signed random key.

They live in memory: a restart ends them all, and no refresh token is ever on disk.
"""

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from mmbatch_dash.domain.identity import ROLE_RIGHTS, CallerKind, Identity, Role

IDLE = timedelta(hours=2)
"""Without anybody doing anything; the refreshing of an open page does not count."""
ABSOLUTE = timedelta(hours=12)
MOST_SESSIONS = 10_000


@dataclass(slots=True)
class CognitoTokens:
    """What a session holds of the user pool. Never shown, logged or written.

    Attributes:
        access: for signing out everywhere.
        refresh: to ask again what the user may do.
        username: as the pool knows the user.
        subject: the pool's unchangeable id of the user.
        checked_at: when the pool last said so.
        hosted: signed in through the hosted page.
    """

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    username: str
    subject: str
    checked_at: datetime
    hosted: bool = False


@dataclass(slots=True)
class Session:
    """Somebody who signed in.

    Attributes:
        key: random; the only thing the browser holds.
        name: of the user.
        kind: local or cognito.
        role: admin or reader.
        stamp: of the local user at sign-in; another one ends the session.
        began_at: sign-in.
        seen_at: last thing the person did.
        tokens: of the user pool.
        lock: held while the pool is asked again.
    """

    key: str
    name: str
    kind: CallerKind
    role: Role
    stamp: str
    began_at: datetime
    seen_at: datetime
    tokens: CognitoTokens | None = None
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def identity(self) -> Identity:
        """Who it is, and what they may do."""
        return Identity(self.name, self.kind, ROLE_RIGHTS[self.role], self.key)


class Sessions:
    """All sessions of one server. Safe for threads.

    Attributes:
        are_shared: whether other servers have them too.
    """

    are_shared = False

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._sessions: dict[str, Session] = {}
        self._mutex = threading.Lock()

    def begin(
        self, name: str, kind: CallerKind, role: Role, *, stamp: str = "", tokens: CognitoTokens | None = None
    ) -> Session:
        """A new session under a new key."""
        now = self._clock()
        session = Session(secrets.token_urlsafe(32), name, kind, role, stamp, now, now, tokens)
        with self._mutex:
            for old in [key for key, other in self._sessions.items() if self._is_over(other, now)]:
                del self._sessions[old]
            if len(self._sessions) >= MOST_SESSIONS:
                del self._sessions[min(self._sessions.values(), key=lambda other: other.seen_at).key]
            self._sessions[session.key] = session
        return session

    def find(self, key: str) -> Session | None:
        """The session of that key, unless it is over."""
        with self._mutex:
            session = self._sessions.get(key)
            if session is not None and self._is_over(session, self._clock()):
                del self._sessions[key]
                return None
            return session

    def touch(self, session: Session) -> None:
        """Notes that the person did something."""
        session.seen_at = self._clock()

    def renewed(self, session: Session) -> None:
        """Notes what the user pool said of a session: it stands in it already."""

    def end(self, key: str) -> None:
        """Ends a session; nothing if it is over already."""
        with self._mutex:
            self._sessions.pop(key, None)

    def end_all_of(self, name: str, kind: CallerKind) -> int:
        """Ends every session of a user; how many there were."""
        with self._mutex:
            keys = [key for key, other in self._sessions.items() if (other.name, other.kind) == (name, kind)]
            for key in keys:
                del self._sessions[key]
            return len(keys)

    def _is_over(self, session: Session, now: datetime) -> bool:
        return now - session.seen_at >= IDLE or now - session.began_at >= ABSOLUTE
