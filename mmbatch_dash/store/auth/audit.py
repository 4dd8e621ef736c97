"""The audit log: one JSON object a line, appended to."""

import json
import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime

from mmbatch_dash.domain.errors import StoreUnavailable
from mmbatch_dash.domain.instants import to_iso
from mmbatch_dash.store.documents.interface import Documents, Room

LOG = logging.getLogger(__name__)
LONGEST_TEXT = 512


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Something that was done or refused.

    Attributes:
        action: sign-in, sign-out, refused, config, token, user, export, set-up.
        who: the caller, as local:ana, cognito:ana or token:agent; empty when unknown.
        address: where the call came from; "cli" for the command line.
        outcome: ok, or why not.
        request_id: of the request; empty for the command line.
        detail: what it was about. Never a secret.
        at: when, ISO 8601 in UTC.
    """

    action: str
    who: str
    address: str
    outcome: str = "ok"
    request_id: str = ""
    detail: str = ""
    at: str = field(default="")


class AuditLog:
    """The log of an installation. Safe for threads and beside other processes."""

    def __init__(
        self,
        documents: Documents,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        room: Callable[[], Room] = Room,
    ) -> None:
        self._log = documents.log("audit")
        self._clock, self._room = clock, room
        self._mutex = threading.Lock()
        self._lost = 0

    def add(self, entry: AuditEntry) -> None:
        """Appends an entry; its time is now. On a full disk it is counted, and the count written once there is room."""
        with self._mutex:
            try:
                if self._lost:
                    detail = f"{self._lost:,} entries could not be written"
                    self._append(AuditEntry("audit", "", "", "lost", detail=detail))
                    self._lost = 0
                self._append(entry)
            except (OSError, StoreUnavailable) as error:
                self._lost += 1
                if self._lost == 1:
                    LOG.error("The audit log cannot be written: %s", getattr(error, "strerror", None) or error)

    def read(self) -> Iterator[AuditEntry]:
        """All entries, oldest first; a line that a crash cut short is passed over."""
        return _entries(self._log.lines())

    def newest(self, most: int) -> list[AuditEntry]:
        """The newest entries, newest first."""
        return list(_entries(self._log.newest(most)))[::-1]

    def _append(self, entry: AuditEntry) -> None:
        row = {name: _cut(value) for name, value in asdict(entry).items()}
        row["at"] = to_iso(self._clock())
        self._log.append(json.dumps(row, ensure_ascii=True), self._room())


def _entries(lines: Iterable[str]) -> Iterator[AuditEntry]:
    for line in lines:
        try:
            yield AuditEntry(**json.loads(line))
        except (ValueError, TypeError):
            continue


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"
