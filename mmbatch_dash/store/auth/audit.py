"""The audit log: one JSON object a line in `audit.jsonl`, only ever appended to."""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from mmbatch_dash.domain.instants import to_iso

LONGEST_TEXT = 300


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Something that was done or refused.

    Attributes:
        action: sign-in, sign-out, refused, config, token, user, export, set-up.
        who: the caller; empty when unknown.
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
    """The log of a data directory. Appends are whole lines, also beside other processes."""

    def __init__(self, data_dir: Path, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.path = data_dir / "audit.jsonl"
        self._clock = clock

    def add(self, entry: AuditEntry) -> None:
        """Appends an entry; its time is now."""
        row = {name: value[:LONGEST_TEXT] for name, value in asdict(entry).items()}
        row["at"] = to_iso(self._clock())
        line = json.dumps(row, ensure_ascii=True) + "\n"
        self.path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(handle, line.encode())
        finally:
            os.close(handle)

    def read(self) -> Iterator[AuditEntry]:
        """All entries, oldest first; a line that a crash cut short is passed over."""
        if not self.path.exists():
            return
        with self.path.open(encoding="utf-8") as lines:
            for line in lines:
                try:
                    yield AuditEntry(**json.loads(line))
                except (ValueError, TypeError):
                    continue

    def newest(self, most: int) -> list[AuditEntry]:
        """The newest entries, newest first."""
        entries: list[AuditEntry] = []
        for entry in self.read():
            entries.append(entry)
            if len(entries) > 2 * most:
                del entries[:-most]
        return entries[-most:][::-1]
