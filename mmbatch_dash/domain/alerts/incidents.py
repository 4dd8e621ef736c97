"""Incidents: when one begins and ends, who is owed a message of it, and what silences it. Pure; state in, state out."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

CALM = timedelta(seconds=60)
"""An incident ends when nothing was wrong for this long: a value at its limit is one incident, not twenty."""
MOST_CLOSED = 500
FIRST_RETRY, LAST_RETRY = timedelta(seconds=15), timedelta(hours=1)
GIVE_UP_AFTER = timedelta(days=3)
"""A message that nobody took for this long is no longer tried; the history says so."""

Place = tuple[str, str]
"""Name of the rule, and the group of jobs it is about; empty for all."""


class Kind(StrEnum):
    """What a message says of an incident."""

    BEGAN = "began"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong now.

    Attributes:
        value: of the figure.
        said: what is wrong, in a sentence.
        held: for how long it must be so before it is an incident.
        channels: who is told.
    """

    value: float
    said: str
    held: timedelta
    channels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """What one channel was told of one incident.

    Attributes:
        began_at: when it was told of the beginning; None until then.
        ended_at: when it was told of the end.
        tries: in vain, since the last message it took.
        retry_at: not before.
        error: of the last try in vain.
        skipped: it is told nothing: the incident ended while it was silenced, or nobody took the message for days.
    """

    began_at: datetime | None = None
    ended_at: datetime | None = None
    tries: int = 0
    retry_at: datetime | None = None
    error: str = ""
    skipped: bool = False


@dataclass(frozen=True, slots=True)
class Incident:
    """Something that went wrong, from its beginning to its end.

    Attributes:
        id: receivers tell repeats of a message by it.
        rule: name of the rule or budget.
        group: the queue or user it is about; empty for all.
        since: when it began to be wrong.
        opened_at: when it became an incident.
        value: of the figure then.
        said: what was wrong then.
        calm_since: since when nothing is wrong any more, while it is not yet over.
        closed_at: when it was over.
        told: channel → what it was told.
    """

    id: str
    rule: str
    group: str
    since: datetime
    opened_at: datetime
    value: float
    said: str
    calm_since: datetime | None = None
    closed_at: datetime | None = None
    told: Mapping[str, Told] = field(default_factory=dict)

    @property
    def place(self) -> Place:
        """What it is about."""
        return (self.rule, self.group)


@dataclass(frozen=True, slots=True)
class Silence:
    """Nobody is told of what it fits, until it ends.

    Attributes:
        rule: name of the rule; empty for every one.
        group: of the jobs; empty for every one.
    """

    id: str
    rule: str
    group: str
    until: datetime
    made_at: datetime
    made_by: str
    note: str = ""

    def fits(self, incident: Incident, now: datetime) -> bool:
        """Whether nobody is told of the incident now."""
        named = self.rule in ("", incident.rule) and self.group in ("", incident.group)
        return named and self.made_at <= now < self.until


@dataclass(frozen=True, slots=True)
class State:
    """Everything that must outlive the server.

    Attributes:
        pending: place → since when it is wrong, while it is not yet an incident.
        open: incidents under way.
        closed: those that are over, the latest last.
        silences: in force, or not long over.
    """

    pending: Mapping[Place, datetime] = field(default_factory=dict)
    open: tuple[Incident, ...] = ()
    closed: tuple[Incident, ...] = ()
    silences: tuple[Silence, ...] = ()


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message owed.

    Attributes:
        id: the same however often it is sent.
    """

    incident: Incident
    channel: str
    kind: Kind

    @property
    def id(self) -> str:
        """Of the message; receivers drop repeats by it."""
        return f"{self.incident.id}-{self.kind}"


def advance(state: State, findings: Mapping[Place, Finding], now: datetime) -> State:
    """The state after a look: what is wrong now opens, what has not been wrong for a while closes."""
    known = {incident.place: incident for incident in state.open}
    pending: dict[Place, datetime] = {}
    opened, still, closed = [], [], []
    for place, incident in known.items():
        if place in findings:
            still.append(replace(incident, calm_since=None, told=_owed(incident.told, findings[place].channels)))
        elif incident.calm_since is None:
            still.append(replace(incident, calm_since=now))
        elif now - incident.calm_since >= CALM:
            closed.append(_close(incident, state, now))
        else:
            still.append(incident)
    for place, finding in findings.items():
        if place in known:
            continue
        since = state.pending.get(place, now)
        if now - since >= finding.held:
            opened.append(_open(place, finding, since, now))
        else:
            pending[place] = since
    return State(
        pending=pending,
        open=(*still, *opened),
        closed=(*state.closed, *closed)[-MOST_CLOSED:],
        silences=tuple(one for one in state.silences if now - one.until < timedelta(days=1)),
    )


def owed(state: State, now: datetime, channels: Sequence[str]) -> Iterator[Delivery]:
    """The messages to send now, the end of an incident never before its beginning.

    Args:
        state: as written down.
        now: what time it is.
        channels: those there are; what others were owed waits for them.
    """
    for incident in (*state.closed, *state.open):
        silenced = any(silence.fits(incident, now) for silence in state.silences)
        for channel, told in incident.told.items():
            if silenced or told.skipped or channel not in channels or (told.retry_at and told.retry_at > now):
                continue
            if told.began_at is None:
                yield Delivery(incident, channel, Kind.BEGAN)
            elif incident.closed_at is not None and told.ended_at is None:
                yield Delivery(incident, channel, Kind.ENDED)


def delivered(state: State, delivery: Delivery, now: datetime, error: str = "") -> State:
    """The state after a try to send a message; without an error it was taken."""

    def note(incident: Incident) -> Incident:
        if incident.id != delivery.incident.id:
            return incident
        told = _after(incident.told.get(delivery.channel, Told()), delivery.kind, now, error)
        owed_since = incident.closed_at if delivery.kind is Kind.ENDED else incident.opened_at
        if error and owed_since and now - owed_since > GIVE_UP_AFTER:
            told = replace(told, skipped=True)
        return replace(incident, told={**incident.told, delivery.channel: told})

    return replace(state, open=tuple(map(note, state.open)), closed=tuple(map(note, state.closed)))


def wait_after(tries: int) -> timedelta:
    """How long to wait after so many tries in vain, and one more."""
    return min(FIRST_RETRY * float(2 ** min(tries, 10)), LAST_RETRY)


def _after(told: Told, kind: Kind, now: datetime, error: str) -> Told:
    if error:
        return replace(told, tries=told.tries + 1, retry_at=now + wait_after(told.tries), error=error)
    taken = replace(told, tries=0, retry_at=None, error="")
    return replace(taken, began_at=now) if kind is Kind.BEGAN else replace(taken, ended_at=now)


def _open(place: Place, finding: Finding, since: datetime, now: datetime) -> Incident:
    rule, group = place
    digest = hashlib.sha256(f"{rule}\n{group}\n{now.isoformat()}".encode()).hexdigest()[:16]
    told = _owed({}, finding.channels)
    return Incident(digest, rule, group, since, now, finding.value, finding.said, told=told)


def _close(incident: Incident, state: State, now: datetime) -> Incident:
    """Whoever was told of nothing because of a silence is not told of the end either."""
    silenced = any(silence.fits(incident, now) for silence in state.silences)
    told = {
        channel: replace(one, skipped=True) if silenced and one.began_at is None else one
        for channel, one in incident.told.items()
    }
    return replace(incident, closed_at=now, told=told)


def _owed(told: Mapping[str, Told], channels: Sequence[str]) -> dict[str, Told]:
    return {**{channel: Told() for channel in channels}, **told}
