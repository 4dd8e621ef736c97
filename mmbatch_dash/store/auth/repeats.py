"""Folding of repeats: what one address is refused again and again is counted instead of written each time."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from mmbatch_dash.store.auth.audit import AuditEntry

WINDOW = timedelta(minutes=10)
WRITTEN = 10
"""Entries of a kind that are written one by one within a window; the rest is counted."""
MOST_KINDS = 1_000
OTHERS = "other addresses"

Kind = tuple[str, str, str, str]


@dataclass(slots=True)
class _Count:
    first: AuditEntry
    began_at: datetime
    seen: int = 0


class Repeats:
    """Counts refusals by what was refused to whom from where. Safe for threads."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._counts: OrderedDict[Kind, _Count] = OrderedDict()
        self._mutex = threading.Lock()

    def fold(self, entry: AuditEntry) -> list[AuditEntry]:
        """What is to be written now: the entry itself unless it is one of many, and counts whose time is over."""
        with self._mutex:
            now = self._clock()
            due = self._over(now)
            kind = (entry.action, entry.outcome, entry.who, entry.address)
            if kind not in self._counts and len(self._counts) >= MOST_KINDS:
                # Too many addresses at once are one, whatever was refused them: outcomes may hold words of strangers.
                entry = replace(entry, address=OTHERS)
                kind = (entry.action, "", "", OTHERS)
            count = self._counts.setdefault(kind, _Count(entry, now))
            count.seen += 1
            return [*due, entry] if count.seen <= WRITTEN else due

    def flush(self) -> list[AuditEntry]:
        """All counts as they stand, which then begin anew."""
        with self._mutex:
            told = [entry for count in self._counts.values() if (entry := _told(count, self._clock()))]
            self._counts.clear()
            return told

    def _over(self, now: datetime) -> list[AuditEntry]:
        due = []
        while self._counts:
            kind, count = next(iter(self._counts.items()))
            if now - count.began_at < WINDOW:
                break
            del self._counts[kind]
            if entry := _told(count, now):
                due.append(entry)
        return due


def _told(count: _Count, now: datetime) -> AuditEntry | None:
    more = count.seen - WRITTEN
    if more <= 0:
        return None
    minutes = max(1, round(min(now - count.began_at, WINDOW).total_seconds() / 60))
    detail = f"{more:,} more from {count.first.address or 'nowhere'} in {minutes} min"
    return replace(count.first, request_id="", detail=detail)
