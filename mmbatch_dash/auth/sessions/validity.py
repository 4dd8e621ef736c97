"""Whether a session still stands for somebody who may be here, asked at every request.

Local users are looked up each time; of users of a pool, whoever confirms them is asked.
"""

from collections.abc import Callable
from dataclasses import dataclass

from mmbatch_dash.auth.sessions.sessions import Session, Sessions
from mmbatch_dash.domain.identity import CallerKind
from mmbatch_dash.store.auth.users import Users


@dataclass(frozen=True, slots=True)
class Validity:
    """Looks after sessions.

    Attributes:
        pool_agrees: whether the user pool still stands by a session of its own; gives it the role of now.
    """

    sessions: Sessions
    users: Users
    pool_agrees: Callable[[Session], bool]

    def holds(self, session: Session) -> bool:
        """Whether the session is valid; it is ended if not."""
        if session.kind is CallerKind.LOCAL:
            user = self.users.find(session.name)
            valid = user is not None and user.stamp == session.stamp
        else:
            valid = self.pool_agrees(session)
            self.sessions.renewed(session)
        if not valid:
            self.sessions.end(session.key)
        return valid
