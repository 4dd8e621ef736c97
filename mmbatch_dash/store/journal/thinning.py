"""Thinning: of the heartbeats of a closed segment, those stay that say something the others do not.

A node that beats every 30 s says the same 2,880 times a day. Per node, teller, day and description (all it says but the
time and the jobs it runs), the first and the last stay, and the last that names jobs: the fold of these gives what the
fold of all gives. The room of the others is left blank, so that every other line keeps its place; compressed, it is
nothing. No other line is touched.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import BinaryIO, NamedTuple

import orjson

HEARTBEAT = "mmbatch.node.heartbeat"
_MARK = b'"type":"mmbatch.node.heartbeat"'
_VOLATILE = ("at", "job_ids")


class _Place(NamedTuple):
    """A heartbeat's line, ordered as the fold orders what is said of a node."""

    at: datetime
    event_id: str
    begin: int


@dataclass(slots=True)
class _Group:
    """The heartbeats of one description that stay."""

    first: _Place
    last: _Place
    last_naming_jobs: _Place | None

    def places(self) -> set[int]:
        """Where they begin."""
        return {place.begin for place in (self.first, self.last, self.last_naming_jobs) if place}


def find_superfluous(lines: Iterable[bytes]) -> list[tuple[int, int]]:
    """Begin and end of the lines of heartbeats that others stand for, in order; the newline is not part of it."""
    groups: dict[bytes, _Group] = {}
    heartbeats: list[tuple[int, int]] = []
    begin = 0
    for line in lines:
        end = begin + len(line)
        if _MARK in line and (told := _read(line, begin)):
            heartbeats.append((begin, end - 1))
            _place(groups, *told)
        begin = end
    stay = {begin for group in groups.values() for begin in group.places()}
    return [span for span in heartbeats if span[0] not in stay]


class Blanked:
    """A file to read once, some spans of it as spaces, digested on the way."""

    def __init__(self, file: BinaryIO, spans: list[tuple[int, int]]) -> None:
        self._file = file
        self._spans = spans
        self._next = 0
        self._digest = sha256()
        self.length = 0

    @property
    def digest(self) -> str:
        """SHA-256 of what was read."""
        return self._digest.hexdigest()

    def read(self, count: int) -> bytes:
        """The next bytes; none at the end."""
        data = bytearray(self._file.read(count))
        begin, end = self.length, self.length + len(data)
        while self._next < len(self._spans) and self._spans[self._next][0] < end:
            first, last = self._spans[self._next]
            low, high = max(first, begin) - begin, min(last, end) - begin
            data[low:high] = b" " * (high - low)
            if last > end:
                break
            self._next += 1
        self._digest.update(data)
        self.length = end
        return bytes(data)


def _read(line: bytes, begin: int) -> tuple[bytes, _Place, bool] | None:
    """What groups a heartbeat, its place, and whether it names jobs; None of another entry."""
    try:
        entry = orjson.loads(line)
        if entry.get("type") != HEARTBEAT or len(entry["facts"]) != 1:
            return None
        [fact] = entry["facts"]
        if fact["type"] != HEARTBEAT or "job_id" in fact:
            return None
        at = datetime.fromisoformat(fact["at"])
        description = {name: value for name, value in fact.items() if name not in _VOLATILE}
        key = orjson.dumps(
            [entry["kind"], entry["source"], entry.get("by"), at.toordinal(), description],
            option=orjson.OPT_SORT_KEYS,
        )
        return key, _Place(at, str(entry["id"]), begin), "job_ids" in fact
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def _place(groups: dict[bytes, _Group], key: bytes, here: _Place, names_jobs: bool) -> None:
    group = groups.get(key)
    if group is None:
        groups[key] = _Group(here, here, here if names_jobs else None)
        return
    group.first = min(group.first, here)
    group.last = max(group.last, here)
    if names_jobs:
        group.last_naming_jobs = max(group.last_naming_jobs or here, here)
