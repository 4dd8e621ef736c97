"""Events in the order of time, though jobs tell theirs one after the other; and the form of an event."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

Event = dict[str, Any]
Timed = tuple[float, int, Event]

HOUR = 3600.0


def format_instant(at: float) -> str:
    """Epoch seconds as RFC 3339 in UTC, to the millisecond."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")[:23] + "Z"


class Timeline:
    """Takes events of any future time and gives them back hour by hour, sorted.

    Sorting an hour at a time is several times cheaper than a heap of single events.
    """

    def __init__(self, source: str) -> None:
        self._source = source
        self._told = 0
        self._hours: dict[int, list[Timed]] = defaultdict(list)

    def tell(self, at: float, kind: str, subject: str, data: dict[str, Any]) -> None:
        """Adds the event `mmbatch.<kind>`; ids count what was told, so one seed always gives the same ones."""
        self._told += 1
        event = self.form(at, f"{self._told:08x}", kind, subject, data)
        self._hours[int(at // HOUR)].append((at, self._told, event))

    def form(self, at: float, event_id: str, kind: str, subject: str, data: dict[str, Any]) -> Event:
        """An event of this source, not added."""
        return {
            "specversion": "1.0",
            "id": event_id,
            "source": self._source,
            "type": "mmbatch." + kind,
            "subject": subject,
            "time": format_instant(at),
            "datacontenttype": "application/json",
            "data": data,
        }

    def take_until(self, at: float) -> Iterator[Timed]:
        """Removes and yields, in order of time, the events of all whole hours before the one `at` lies in."""
        for hour in sorted(hour for hour in self._hours if hour < at // HOUR):
            yield from sorted(self._hours.pop(hour), key=_moment)


def _moment(timed: Timed) -> tuple[float, int]:
    return timed[0], timed[1]
