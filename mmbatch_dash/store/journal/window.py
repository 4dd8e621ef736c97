"""Which events of the last day were seen: sorted runs of hashes in memory, 16 bytes an event.

A run covers at most an hour of arrival, so that old ones can be dropped whole.
"""

from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt

Hashes = npt.NDArray[np.uint64]

WINDOW = timedelta(hours=24)
RUN_SPAN = timedelta(hours=1)
TAIL_LIMIT = 32_768


class _Run:
    """Sorted identities with their digests, all received between `since` and `until`."""

    def __init__(self, identities: Hashes, digests: Hashes, since: datetime, until: datetime) -> None:
        order = np.argsort(identities, kind="stable")
        self.identities, self.digests = identities[order], digests[order]
        self.since, self.until = since, until

    def __len__(self) -> int:
        return len(self.identities)

    def merged(self, other: "_Run") -> "_Run":
        identities = np.concatenate([self.identities, other.identities])
        digests = np.concatenate([self.digests, other.digests])
        return _Run(identities, digests, min(self.since, other.since), max(self.until, other.until))


class IdentityWindow:
    """Identities recognised on acceptance. Used by the journal's one writer only."""

    def __init__(self) -> None:
        self._runs: list[_Run] = []
        self._tail: dict[int, int] = {}
        self._tail_since: datetime | None = None

    def __len__(self) -> int:
        return len(self._tail) + sum(len(run) for run in self._runs)

    def digests_of(self, identities: list[int]) -> dict[int, int]:
        """Identity → digest first seen with it, for those of `identities` that are known."""
        found = {identity: self._tail[identity] for identity in identities if identity in self._tail}
        # In order, so that searching goes through memory once.
        wanted: Hashes = np.sort(np.array([i for i in identities if i not in found], dtype=np.uint64))
        for run in self._runs:
            if not len(wanted):
                break
            places = np.searchsorted(run.identities, wanted)
            places[places == len(run)] = 0
            hits = run.identities[places] == wanted
            found.update(zip(wanted[hits].tolist(), run.digests[places[hits]].tolist(), strict=True))
            wanted = wanted[~hits]
        return found

    def add(self, seen: dict[int, int], received_at: datetime) -> None:
        """Remembers identity → digest pairs received at one time, and forgets what is older than the window."""
        self._tail_since = self._tail_since or received_at
        self._tail.update(seen)
        if len(self._tail) >= TAIL_LIMIT or received_at - self._tail_since >= RUN_SPAN:
            identities = np.fromiter(self._tail.keys(), np.uint64, len(self._tail))
            digests = np.fromiter(self._tail.values(), np.uint64, len(self._tail))
            self.add_run(identities, digests, self._tail_since, received_at)
            self._tail, self._tail_since = {}, None

    def add_run(self, identities: Hashes, digests: Hashes, since: datetime, until: datetime) -> None:
        """Remembers many pairs at once, as read back from disk."""
        if not len(identities):
            return
        run = _Run(identities, digests, since, until)
        self._runs = [known for known in self._runs if until - known.until < WINDOW]
        while self._runs and len(self._runs[-1]) <= 2 * len(run) and run.until - self._runs[-1].since <= RUN_SPAN:
            run = self._runs.pop().merged(run)
        self._runs.append(run)
