"""The events of one MMBatch job, each with the attempt it belongs to. Knows nothing of facts.

The server names a node now and then: when it creates the job, when it restores it, on some events or on none. So events
are first cut into *stays*, each beginning where a job can have come to another node, and a stay's node is whatever name
stands in it. A stay is a new attempt where its node differs from the one before, where the one before had stopped or
failed, and where it begins with a restore of which no name says that it stayed where it was.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

CREATES = frozenset({"Job-Creating", "Job-Created"})
RUNNING, RESTORING = "Job-Running", "Job-Restoring"
ENDS = frozenset({"Job-Succeeded", "Job-Failed", "Job-Stopped"})


@dataclass(frozen=True, slots=True)
class Told:
    """One event as the record has it."""

    at: datetime
    kind: str
    node: str | None
    raw: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Placed:
    """One event with the attempt it belongs to.

    Attributes:
        attempt: its number, None before the first.
        begins: whether the attempt begins with it.
        node: of the attempt, None where nobody named it.
        container: of the attempt likewise.
    """

    told: Told
    attempt: int | None
    begins: bool
    node: str | None
    container: str | None


@dataclass(slots=True)
class _Stay:
    events: list[Told] = field(default_factory=list)
    first: Told | None = None
    node: str | None = None
    container: str | None = None
    attempt: int | None = None

    @property
    def is_over(self) -> bool:
        return any(event.kind in ENDS and event.node in (None, self.node) for event in self.events)


def place_events(events: Sequence[Told], *, last_node: str | None, last_container: str | None) -> list[Placed]:
    """The events in their order, which is that of time, each with its attempt.

    Args:
        events: in order of time.
        last_node: where the record says the job is or was in the end.
        last_container: likewise.
    """
    stays = _stays(events)
    _name(stays, last_node, last_container)
    _number(stays)
    on_node: dict[str, _Stay] = {}
    placed = []
    for stay in stays:
        for event in stay.events:
            # A node may report its end of an attempt after the next one began elsewhere.
            own = on_node.get(event.node, stay) if event.node and event.node != stay.node else stay
            begins = event is stay.first and _begins(stays, stay)
            placed.append(Placed(event, own.attempt, begins, own.node, own.container))
        if stay.node and stay.attempt:
            on_node[stay.node] = stay
    return placed


def _stays(events: Sequence[Told]) -> list[_Stay]:
    stays = [_Stay()]
    restoring = False
    for event in events:
        stay = stays[-1]
        elsewhere = event.node is not None and event.node not in {other.node for other in stay.events if other.node}
        # Running is the end of a restore, unless somewhere else.
        goes_on = event.kind == RUNNING and restoring and not (elsewhere and _named(stay))
        starts = event.kind in (RUNNING, RESTORING) and not goes_on
        if stay.first is not None and (starts or event.kind in CREATES):
            stay = _Stay()
            stays.append(stay)
        stay.events.append(event)
        if starts:
            stay.first = event
        restoring = event.kind == RESTORING or (restoring and event.kind != RUNNING)
    return stays


def _named(stay: _Stay) -> bool:
    return any(event.node for event in stay.events)


def _name(stays: Sequence[_Stay], last_node: str | None, last_container: str | None) -> None:
    known: set[str] = set()
    for stay in stays:
        names = [event for event in _likely(stay) if event.node]
        # A name of before is the word of a node that reports late, unless the stay begins with it.
        fresh = [event for event in names if event.node not in known or event is stay.first] or names
        if fresh and (fresh[0].node not in known or fresh[0] is stay.first or fresh[0].kind not in ENDS):
            stay.node = fresh[0].node
            stay.container = next((c for e in fresh if e.node == stay.node and (c := e.raw.get("containerId"))), None)
            known.add(stay.node or "")
    if stays[-1].node is None and stays[-1].first is not None and last_node:
        stays[-1].node, stays[-1].container = last_node, last_container


def _likely(stay: _Stay) -> Iterator[Told]:
    """The events of a stay, the one it begins with before those around it."""
    if stay.first is not None:
        yield stay.first
    yield from (event for event in stay.events if event is not stay.first)


def _number(stays: Sequence[_Stay]) -> None:
    attempt = 0
    current: _Stay | None = None
    for stay in stays:
        if stay.first is not None and (current is None or _moved(current, stay)):
            attempt += 1
            current = stay
        elif current is not None and stay.first is not None and stay.node is None:
            stay.node, stay.container = current.node, current.container
        elif current is not None and current.node is None:
            # An attempt whose node nobody named yet gets the first name, not a successor.
            current.node, current.container = stay.node, stay.container
        stay.attempt = attempt or None


def _moved(before: _Stay, stay: _Stay) -> bool:
    if before.is_over:
        return True
    restores = stay.first is not None and stay.first.kind == RESTORING
    if before.node is None or stay.node is None:
        return restores
    return before.node != stay.node


def _begins(stays: Sequence[_Stay], stay: _Stay) -> bool:
    return next(other for other in stays if other.attempt == stay.attempt and other.first is not None) is stay
