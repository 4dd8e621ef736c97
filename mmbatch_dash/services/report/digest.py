"""The digest: the report of each week or month that is over, told once to every channel that wants it."""

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter

from mmbatch_dash.domain.alerts.incidents import wait_after
from mmbatch_dash.domain.config import Config
from mmbatch_dash.domain.errors import MmbatchDashError, StoreUnavailable
from mmbatch_dash.domain.periods import Period, period_of
from mmbatch_dash.domain.selection import Selection
from mmbatch_dash.services.alerts.watch import Message, Send, url_of
from mmbatch_dash.services.report.build import Report, Sources, report_of
from mmbatch_dash.services.report.letter import as_html, as_text, title_of
from mmbatch_dash.store.documents.interface import Documents, put
from mmbatch_dash.store.documents.noted import Noted
from mmbatch_dash.store.watching import Watch

LOG = logging.getLogger(__name__)
FILE_NAME, ASIDE = "digest.json", "digest.unreadable"
LOOK_SECONDS = 60.0
WAIT_SECONDS = 5.0
DUE_AFTER = timedelta(hours=6)
"""After the end of a period, so that what is told a little late is in it."""
MOST_PERIODS = 60
MOST_LAG_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Sent:
    """What one channel got of one period.

    Attributes:
        at: when it took the digest; None until then.
        tries: in vain.
        retry_at: not before.
        error: of the last try in vain.
    """

    at: datetime | None = None
    tries: int = 0
    retry_at: datetime | None = None
    error: str = ""

    def is_due(self, now: datetime) -> bool:
        """Whether the channel is owed the digest now."""
        return self.at is None and (self.retry_at is None or self.retry_at <= now)


@dataclass(frozen=True, slots=True)
class Letter:
    """A digest as people read it.

    Attributes:
        period: it is of.
        title: one line.
        text: all of it as plain text.
        html: the same as mail programs show it.
    """

    period: Period
    title: str
    text: str
    html: str


Told = Mapping[str, Mapping[str, Sent]]
"""Name of a period → channel → what it got."""
_TOLD = TypeAdapter(dict[str, dict[str, Sent]])


class Digest(Watch):
    """Looks in its own thread; what it sent is on disk, so that nobody gets a period twice however often it dies."""

    def __init__(
        self,
        documents: Documents,
        config: Callable[[], Config],
        report: Callable[[Period], Report | None],
        send: Send,
        clock: Callable[[], datetime],
    ) -> None:
        """Goes on from what was written down.

        Args:
            documents: where it is written down.
            config: in force.
            report: of a period; None while the tables do not show all that was taken in.
            send: through a channel.
            clock: what time it is.
        """
        self._documents, self._config, self._report = documents, config, report
        self._send, self._clock = send, clock
        self._noted = Noted(documents, FILE_NAME, _read)
        # A message on its way is waited for a little; it is sent again after the next start if it was not taken.
        super().__init__("digest", LOOK_SECONDS, "The digest could not be made", wait_seconds=WAIT_SECONDS)

    @property
    def told(self) -> Told:
        """What is written down."""
        return self._noted.now()

    def latest(self) -> Period:
        """The latest period that is over and due."""
        config = self._config()
        now = self._clock().astimezone(ZoneInfo(config.dashboard.timezone))
        return period_of(now - DUE_AFTER, config.alerts.digest_every).before()

    def standing(self) -> dict[str, Sent]:
        """Channel that wants it → what it got of the latest period."""
        told = self.told.get(self.latest().name, {})
        return {channel: told.get(channel, Sent()) for channel in self._config().alerts.digest_to}

    def preview(self) -> Letter:
        """What the digest of the latest period says, as it would be sent now; nothing is sent.

        Raises:
            StoreUnavailable: the tables do not show all that was taken in.
        """
        period = self.latest()
        report = self._report(period)
        if report is None:
            raise StoreUnavailable("The tables do not show all that was taken in yet; look again shortly.")
        url = url_of(self._config(), "/")
        return Letter(period, title_of(report.said), as_text(report.said, url), as_html(report.said, url))

    def look(self) -> None:
        """Looks once, and sends what is owed of the latest period."""
        config, now, period = self._config(), self._clock(), self.latest()
        told = self.told.get(period.name, {})
        known = [channel for channel in config.alerts.digest_to if channel in config.alerts.channels]
        owed = [channel for channel in known if told.get(channel, Sent()).is_due(now)]
        if not owed or (report := self._report(period)) is None:
            return
        for channel in owed:
            self._note(period, channel, told.get(channel, Sent()))
        message = message_of(report, period, config)
        for channel in owed:
            if self._stopping.is_set():
                return
            self._deliver(period, channel, message, config)

    def _deliver(self, period: Period, channel: str, message: Message, config: Config) -> None:
        sent = self.told[period.name][channel]
        try:
            self._send(config, channel, message)
        except MmbatchDashError as failed:
            LOG.warning("Channel %s did not take the digest %s: %s", channel, period.name, failed)
            retry_at = self._clock() + wait_after(sent.tries)
            self._note(period, channel, Sent(tries=sent.tries + 1, retry_at=retry_at, error=str(failed)))
        else:
            self._note(period, channel, replace(sent, at=self._clock(), retry_at=None, error=""))

    def _note(self, period: Period, channel: str, sent: Sent) -> None:
        """Puts it on disk, then in force."""
        told = {**self.told, period.name: {**self.told.get(period.name, {}), channel: sent}}
        while len(told) > MOST_PERIODS:
            del told[next(iter(told))]
        if told != self.told:
            record = {name: {one: asdict(got) for one, got in by.items()} for name, by in told.items()}
            content = json.dumps(record, default=datetime.isoformat).encode()
            self._noted.wrote(told, put(self._documents, FILE_NAME, content))


def digest_report(sources: Sources, period: Period) -> Report | None:
    """The report of a period over all jobs; None while the tables do not show all that was taken in."""
    fresh = sources.reports.freshness()
    if fresh.lag_seconds > MOST_LAG_SECONDS or fresh.problem or fresh.rebuild:
        return None
    return report_of(sources, period, Selection(tz=str(period.start.tzinfo)))


def message_of(report: Report, period: Period, config: Config) -> Message:
    """The digest as channels take it; its id is that of the period."""
    url = url_of(config, "/")
    fields = {"kind": "digest", "rule": "", "group": "", "value": "", "period": period.name, "url": url}
    return Message(
        id=f"digest-{period.name}",
        title=title_of(report.said),
        body=as_text(report.said, url),
        fields={**fields, "since": period.start.isoformat(), "ended": period.end.isoformat()},
        bad=False,
        html=as_html(report.said, url),
        file=(report.name, report.pdf()),
    )


def _read(documents: Documents) -> Told:
    kept = documents.read(FILE_NAME)
    if kept is None:
        return {}
    try:
        return _TOLD.validate_json(kept.content)
    except ValueError:
        place = documents.place(FILE_NAME)
        LOG.exception("%s cannot be read and is kept as %s; the latest digest is sent again", place, ASIDE)
        put(documents, ASIDE, kept.content)
        return {}
