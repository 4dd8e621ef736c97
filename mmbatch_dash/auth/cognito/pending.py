"""Sign-ins under way: what the browser must not hold, kept here for a few minutes."""

import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from mmbatch_dash.adapters.cognito import Challenge
from mmbatch_dash.adapters.user_pool import UserPool

LIFETIME = timedelta(minutes=10)
MOST, MOST_OF_ACCOUNT = 2000, 5


@dataclass(frozen=True, slots=True)
class Enabling:
    """A user pool that an admin is about to switch on, and proves first by signing in through it.

    Attributes:
        changes: of the configuration, once it is proved.
        who: the admin.
        admin_groups: as they will be.
    """

    changes: Mapping[str, Any]
    who: str
    admin_groups: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pending:
    """A sign-in under way.

    Attributes:
        pool: it goes to.
        target: where to lead afterwards.
        account: as throttled.
        began_at: when.
        challenge: what the pool asked last.
        nonce: of a sign-in through the hosted page.
        verifier: PKCE's, of the same.
        redirect_uri: of the same.
        enabling: what it proves, if it does.
    """

    pool: UserPool
    target: str
    account: str
    began_at: datetime
    challenge: Challenge | None = None
    nonce: str = field(default="", repr=False)
    verifier: str = field(default="", repr=False)
    redirect_uri: str = ""
    enabling: Enabling | None = None


class PendingBook:
    """All of them; the oldest of the same account are forgotten first."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._items: OrderedDict[str, Pending] = OrderedDict()
        self._mutex = threading.Lock()

    def keep(self, pending: Pending) -> str:
        """Keeps it; the random key it is found under."""
        key = secrets.token_urlsafe(24)
        with self._mutex:
            own = [old for old, item in self._items.items() if item.account == pending.account]
            for old in own[: len(own) + 1 - MOST_OF_ACCOUNT]:
                del self._items[old]
            self._items[key] = pending
            while len(self._items) > MOST:
                self._items.popitem(last=False)
        return key

    def take(self, key: str) -> Pending | None:
        """Takes it out: each is used once. None if there is none, or it took too long."""
        with self._mutex:
            pending = self._items.pop(key, None)
        return pending if pending and self._clock() - pending.began_at < LIFETIME else None
