"""A flush waits for others where they come by themselves, and for nobody who waits for its answer."""

from queue import Empty

from mmbatch_dash.store.journal.gathering import (
    ENOUGH_BYTES,
    ENOUGH_REQUESTS,
    FIRST_SKIPS,
    WAIT_SECONDS,
    Gathering,
)


class Senders:
    """A queue and its clock: requests come at given times after the first."""

    def __init__(self) -> None:
        self.now = 0.0
        self.coming: list[float] = []
        self.came: list[str | None] = []
        self.waited: list[float] = []

    def get(self, seconds: float) -> str | None:
        if not self.coming or self.coming[0] > seconds + self.now:
            self.now += seconds
            raise Empty
        self.now = max(self.now, self.coming.pop(0))
        return "request"

    def take(self, request: str | None) -> bool:
        self.came.append(request)
        return True

    def flush(self, gathering: Gathering, *after: float, requests: int = 1, size: int = 500) -> int:
        """How many came to share a flush."""
        self.coming = [self.now + seconds for seconds in after]
        self.came.clear()
        began = self.now
        gathering.wait(self.get, self.take, requests, size)
        self.waited.append(self.now - began)
        return len(self.came)


def learned(senders: Senders) -> Gathering:
    gathering = Gathering(lambda: senders.now)
    for _ in range(FIRST_SKIPS):
        assert senders.flush(gathering, 0.01) == 0
    return gathering


def test_requests_that_come_by_themselves_share_a_flush() -> None:
    senders = Senders()
    gathering = learned(senders)
    assert [senders.flush(gathering, 0.006, 0.012, 0.02, 0.2) for _ in range(5)] == [3] * 5
    assert all(waited <= WAIT_SECONDS + 1e-9 for waited in senders.waited)


def test_those_who_wait_for_their_answers_are_soon_not_kept() -> None:
    senders = Senders()
    gathering = learned(senders)
    for _ in range(2_000):
        senders.flush(gathering, 0.0005, 0.001)
    kept = sum(waited > 0 for waited in senders.waited)
    assert kept <= 10


def test_nothing_is_waited_for_with_enough_requests_or_bytes() -> None:
    senders = Senders()
    gathering = learned(senders)
    assert senders.flush(gathering, 0.01, requests=ENOUGH_REQUESTS) == 0
    assert senders.flush(gathering, 0.01, size=ENOUGH_BYTES) == 0
    assert senders.flush(gathering, *[0.001 * n for n in range(1, 29)]) == ENOUGH_REQUESTS - 1
