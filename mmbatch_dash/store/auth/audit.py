"""The audit log: one JSON object a line in `audit.jsonl`, appended to; full files are numbered, the oldest go."""

import fcntl
import json
import logging
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from mmbatch_dash.domain.instants import to_iso

LOG = logging.getLogger(__name__)
LONGEST_TEXT = 512
MIB = 1024 * 1024


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


@dataclass(frozen=True, slots=True)
class AuditRoom:
    """How much room the log may take.

    Attributes:
        size_mb: at which a new file is started.
        backups: older files that are kept.
    """

    size_mb: int = 50
    backups: int = 10


class AuditLog:
    """The log of a data directory. Appends are whole lines, also beside other processes."""

    def __init__(
        self,
        data_dir: Path,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        room: Callable[[], AuditRoom] = AuditRoom,
    ) -> None:
        self.path = data_dir / "audit.jsonl"
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
            except OSError as error:
                self._lost += 1
                if self._lost == 1:
                    LOG.error("The audit log cannot be written: %s", error.strerror or error)

    def files(self) -> list[Path]:
        """The files that are there, oldest first."""
        numbered = [path for path in self.path.parent.glob(f"{self.path.name}.*") if path.suffix[1:].isdigit()]
        older = sorted(numbered, key=lambda path: int(path.suffix[1:]), reverse=True)
        return [*older, self.path] if self.path.exists() else older

    def read(self) -> Iterator[AuditEntry]:
        """All entries, oldest first; a line that a crash cut short is passed over."""
        for path in self.files():
            try:
                with path.open(encoding="utf-8") as lines:
                    yield from _entries(lines)
            except FileNotFoundError:
                continue  # it was numbered anew, or was the oldest, meanwhile

    def newest(self, most: int) -> list[AuditEntry]:
        """The newest entries, newest first."""
        entries: list[AuditEntry] = []
        for path in reversed(self.files()):
            with path.open(encoding="utf-8") as lines:
                entries = [*list(_entries(lines))[-most:], *entries]
            if len(entries) >= most:
                break
        return entries[-most:][::-1]

    def _append(self, entry: AuditEntry) -> None:
        row = {name: _cut(value) for name, value in asdict(entry).items()}
        row["at"] = to_iso(self._clock())
        line = json.dumps(row, ensure_ascii=True) + "\n"
        self.path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(handle, line.encode())
            size = os.fstat(handle).st_size
        finally:
            os.close(handle)
        room = self._room()
        if size >= room.size_mb * MIB:
            self._rotate(room)

    def _rotate(self, room: AuditRoom) -> None:
        lock = os.open(self.path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if self.path.stat().st_size < room.size_mb * MIB:
                return  # another process was first
            for path in self.files()[:-1]:
                number = int(path.suffix[1:])
                if number >= room.backups:
                    path.unlink(missing_ok=True)
                else:
                    path.rename(self._numbered(number + 1))
            self.path.rename(self._numbered(1))
        finally:
            os.close(lock)

    def _numbered(self, number: int) -> Path:
        return self.path.with_name(f"{self.path.name}.{number}")


def _entries(lines: Iterator[str]) -> Iterator[AuditEntry]:
    for line in lines:
        try:
            yield AuditEntry(**json.loads(line))
        except (ValueError, TypeError):
            continue


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"
