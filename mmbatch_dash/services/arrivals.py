"""Which doors events came through in the last hour: what the page Connect shows while somebody sets one up."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from threading import Lock

from mmbatch_dash.domain.choices import SourceKind
from mmbatch_dash.domain.facts import Entry

WINDOW = timedelta(hours=1)
MOST_MINUTES = 61
REPORTER = "reporter/"


class Door(StrEnum):
    """A way for events to come in."""

    REPORTER = "Reporter"
    EVENTS = "CloudEvents"
    EVENTBRIDGE = "EventBridge"
    SYNC = "AWS sync"
    FILES = "Imported files"


@dataclass(frozen=True, slots=True)
class Arrival:
    """What came through one door.

    Attributes:
        door: which.
        events: how many in the last hour, repeats too.
        last_at: when the last one came, None where none did since the start.
        last_by: who told it.
    """

    door: Door
    events: int
    last_at: datetime | None
    last_by: str


class Arrivals:
    """Counts by door and minute, in memory since the start. Safe for threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._minutes: dict[Door, deque[tuple[datetime, int]]] = {door: deque(maxlen=MOST_MINUTES) for door in Door}
        self._last: dict[Door, tuple[datetime, str]] = {}

    def note(self, entries: Sequence[Entry], by: str, now: datetime) -> None:
        """Counts what one request brought; its first event says through which door."""
        if not entries:
            return
        door = _door_of(entries[0], by)
        minute = now.replace(second=0, microsecond=0)
        with self._lock:
            minutes = self._minutes[door]
            if minutes and minutes[-1][0] == minute:
                minutes[-1] = (minute, minutes[-1][1] + len(entries))
            else:
                minutes.append((minute, len(entries)))
            self._last[door] = (now, by)

    def report(self, now: datetime) -> list[Arrival]:
        """Every door, in order."""
        with self._lock:
            found = []
            for door, minutes in self._minutes.items():
                events = sum(count for minute, count in minutes if minute > now - WINDOW)
                last_at, last_by = self._last.get(door, (None, ""))
                found.append(Arrival(door, events, last_at, last_by))
            return found


def _door_of(entry: Entry, by: str) -> Door:
    if by == "sync":
        return Door.SYNC
    if entry.source.startswith(REPORTER):
        return Door.REPORTER
    if by.startswith("command:import") or entry.place is not None:
        return Door.FILES
    return Door.EVENTBRIDGE if entry.kind is SourceKind.AWS else Door.EVENTS
