"""The watch: looks at the figures, writes down what it found, and only then tells people."""

import logging
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from mmbatch_dash.domain.alerts.incidents import (
    Delivery,
    Finding,
    Incident,
    Kind,
    Place,
    Silence,
    State,
    advance,
    delivered,
    owed,
)
from mmbatch_dash.domain.config import Config
from mmbatch_dash.domain.errors import InvalidInput, MmbatchDashError, NotFound
from mmbatch_dash.services.alerts.state_file import FILE_NAME, read_state, write_state
from mmbatch_dash.store.documents.interface import Documents, Outdated
from mmbatch_dash.store.documents.noted import Noted
from mmbatch_dash.store.watching import Watch

LOG = logging.getLogger(__name__)
LOOK_SECONDS = 15.0
WAIT_SECONDS = 5.0
MOST_SHARE = 0.05
"""Of the time no more than this goes into looking, however large the store is."""
MOST_SILENCES = 200
SWAPS, SWAP_SECONDS = 100, 0.05
"""Tries to write what another server writes at the same time, and the rest between them, until its change is seen."""


class Send(Protocol):
    """Sends one message through one channel."""

    def __call__(self, config: Config, channel: str, message: "Message") -> None:
        """Returns when the channel took it.

        Raises:
            ChannelFailed: it did not; the reason names no address.
        """


@dataclass(frozen=True, slots=True)
class Message:
    """What people are told.

    Attributes:
        id: the same however often it is sent.
        title: what is wrong, or over, in a sentence.
        body: the same with times and the id.
        fields: of the incident, for templates and receivers that read.
        bad: it is bad news.
        html: in place of the body where a channel shows HTML.
        file: name and content of a PDF, for channels that take files.
    """

    id: str
    title: str
    body: str
    fields: Mapping[str, str]
    bad: bool = True
    html: str = ""
    file: tuple[str, bytes] | None = None


class Alerts(Watch):
    """Looks in its own thread; asked by pages and API. Safe for threads.

    Attributes:
        on_change: called after a look by which something began or ended.
    """

    def __init__(
        self,
        documents: Documents,
        config: Callable[[], Config],
        findings: Callable[[datetime], Mapping[Place, Finding]],
        send: Send,
        clock: Callable[[], datetime],
    ) -> None:
        """Goes on from what was written down.

        Args:
            documents: where it is written down.
            config: in force.
            findings: what is wrong at a time.
            send: through a channel.
            clock: what time it is.
        """
        self._documents, self._config, self._findings = documents, config, findings
        self._send, self._clock = send, clock
        self._noted = Noted(documents, FILE_NAME, read_state)
        self._lock = threading.Lock()
        self.on_change: Callable[[], None] = lambda: None
        # A message on its way is waited for a little; it is sent again after the next start if it was not taken.
        complaint = "The alerts could not be looked at"
        super().__init__("alerts", LOOK_SECONDS, complaint, most_share=MOST_SHARE, wait_seconds=WAIT_SECONDS)

    @property
    def state(self) -> State:
        """Incidents and silences as they are written down."""
        return self._noted.now()

    def look(self) -> None:
        """Looks once, writes down what changed, and sends what is owed."""
        now, config = self._clock(), self._config()
        found = {
            place: finding if finding.channels else replace(finding, channels=config.alerts.tell)
            for place, finding in self._findings(now).items()
        }
        open_before = {one.id for one in self.state.open}
        self._change(lambda state: advance(state, found, now))
        if {one.id for one in self.state.open} != open_before:
            self.on_change()
        for delivery in list(owed(self.state, now, tuple(config.alerts.channels))):
            if self._stopping.is_set():
                return
            self._deliver(delivery, config)

    def silence(self, *, rule: str, group: str, until: datetime, by: str, note: str) -> Silence:
        """A silence from now on.

        Raises:
            InvalidInput: it would be over already, or there are too many.
            StoreUnavailable: it cannot be written down now.
        """
        now = self._clock()
        if until <= now:
            raise InvalidInput("must lie in the future", field="until")
        if len(self.state.silences) >= MOST_SILENCES:
            raise InvalidInput(f"is refused: there are {MOST_SILENCES} silences; end some", field="rule")
        made = Silence(secrets.token_hex(6), rule, group, until, now, by, note)
        self._change(lambda state: replace(state, silences=(*state.silences, made)))
        return made

    def end_silence(self, silence_id: str) -> None:
        """Ends a silence now.

        Raises:
            NotFound: there is none of that id.
            StoreUnavailable: it cannot be written down now.
        """
        now = self._clock()
        if silence_id not in {one.id for one in self.state.silences}:
            raise NotFound(f"There is no silence {silence_id!r}.")

        def end(one: Silence) -> Silence:
            return replace(one, until=min(one.until, now)) if one.id == silence_id else one

        self._change(lambda state: replace(state, silences=tuple(map(end, state.silences))))

    def test(self, channel: str) -> str:
        """Nothing where the channel took a test message, else why it did not.

        Raises:
            NotFound: there is no such channel.
        """
        config = self._config()
        if channel not in config.alerts.channels:
            raise NotFound(f"There is no channel {channel!r} in alerts.channels.")
        now = self._clock()
        title = "A test of this channel: nothing is wrong"
        fields = {
            "kind": "test",
            "rule": "",
            "group": "",
            "value": "",
            "since": now.isoformat(),
            "url": url_of(config, "/alerts"),
        }
        message_id = f"test-{secrets.token_hex(6)}"
        message = Message(message_id, title, _body(title, fields, message_id), fields, bad=False)
        try:
            self._send(config, channel, message)
        except MmbatchDashError as error:
            return str(error)
        return ""

    def _deliver(self, delivery: Delivery, config: Config) -> None:
        error = ""
        try:
            self._send(config, delivery.channel, message_of(delivery, config))
        except MmbatchDashError as failed:
            error = str(failed)
            LOG.warning("Channel %s did not take message %s: %s", delivery.channel, delivery.id, error)
        now = self._clock()
        self._change(lambda state: delivered(state, delivery, now, error))

    def _change(self, change: Callable[[State], State]) -> None:
        """Puts a new state on disk, then in force."""
        with self._lock:
            for left in range(SWAPS - 1, -1, -1):
                before = self._noted.now()
                after = change(before)
                if after == before:
                    return
                try:
                    self._noted.wrote(after, write_state(self._documents, after, self._noted.version))
                except Outdated:  # a silence made at another server, or its look
                    if not left:
                        raise
                    time.sleep(SWAP_SECONDS)
                else:
                    return


def message_of(delivery: Delivery, config: Config) -> Message:
    """What is said of the beginning or end of an incident."""
    incident, ended = delivery.incident, delivery.kind is Kind.ENDED
    title = f"Over: {incident.rule}" if ended else f"{incident.rule}: {incident.said}"
    if ended and incident.group:
        title = f"{title} ({incident.group})"
    fields = {**_fields(incident, delivery.kind), "url": url_of(config, "/alerts")}
    return Message(delivery.id, title, _body(title, fields, delivery.id), fields, bad=not ended)


def _fields(incident: Incident, kind: Kind) -> dict[str, str]:
    return {
        "kind": kind.value,
        "rule": incident.rule,
        "group": incident.group,
        "value": f"{incident.value:.12g}",
        "said": incident.said,
        "since": incident.since.isoformat(),
        "ended": incident.closed_at.isoformat() if incident.closed_at else "",
    }


def _body(title: str, fields: Mapping[str, str], message_id: str) -> str:
    ended = f"Ended: {fields['ended']}\n" if fields.get("ended") else ""
    return f"{title}\nSince: {fields['since']}\n{ended}{fields['url']}\nMessage {message_id}"


def url_of(config: Config, path: str) -> str:
    """A page's address, as people reach the server."""
    return f"{(config.security.cognito.public_url or config.addr).rstrip('/')}{path}"
