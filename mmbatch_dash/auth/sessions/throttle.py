"""Failed sign-ins slow down whoever fails, and nobody else: counted per account and address, per address, per account.

An account that is attacked from many addresses closes only to addresses that never signed in to it before.
"""

import threading
from collections import OrderedDict, deque
from collections.abc import Callable
from datetime import datetime, timedelta

WINDOW = timedelta(minutes=15)
PER_PAIR = 5
PER_ADDRESS = 30
PER_ACCOUNT = 50
MOST_KEYS = 20_000

Key = tuple[str, str, str]


class Throttle:
    """Counts failures within a window. Bounded: the oldest keys are forgotten first."""

    def __init__(self, clock: Callable[[], datetime], *, per_pair: int = PER_PAIR) -> None:
        self._clock, self._per_pair = clock, per_pair
        self._failures: OrderedDict[Key, deque[datetime]] = OrderedDict()
        self._known: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._mutex = threading.Lock()

    def wait_seconds(self, account: str, address: str) -> int:
        """How long this address has to wait before it may try this account again; 0 if it need not."""
        now = self._clock()
        limits: list[tuple[Key, int]] = [
            (("pair", account, address), self._per_pair),
            (("address", "", address), PER_ADDRESS),
        ]
        with self._mutex:
            if (account, address) not in self._known:
                limits.append((("account", account, ""), PER_ACCOUNT))
            return max(self._wait(key, limit, now) for key, limit in limits)

    def failed(self, account: str, address: str) -> None:
        """Counts a failure."""
        now = self._clock()
        with self._mutex:
            for key in (("pair", account, address), ("address", "", address), ("account", account, "")):
                times = self._failures.setdefault(key, deque(maxlen=PER_ACCOUNT))
                times.append(now)
                self._failures.move_to_end(key)
            while len(self._failures) > MOST_KEYS:
                self._failures.popitem(last=False)

    def succeeded(self, account: str, address: str) -> None:
        """Forgets the pair's failures, and remembers that this address belongs to the account."""
        with self._mutex:
            self._failures.pop(("pair", account, address), None)
            self._known[(account, address)] = None
            self._known.move_to_end((account, address))
            while len(self._known) > MOST_KEYS:
                self._known.popitem(last=False)

    def _wait(self, key: Key, limit: int, now: datetime) -> int:
        times = self._failures.get(key)
        while times and now - times[0] >= WINDOW:
            times.popleft()
        if not times or len(times) < limit:
            return 0
        return int((times[-limit] + WINDOW - now).total_seconds()) + 1
