"""Every accepted configuration: when, who, from where, what changed, and its whole text. Append-only NDJSON."""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, BinaryIO

from mmbatch_dash.domain.instants import parse_instant, to_iso

HISTORY_NAME = "config.history.ndjson"


class Origin(StrEnum):
    """Where a change came from."""

    PAGE = "page"
    API = "api"
    CLI = "cli"
    FILE = "file"
    START = "start"


@dataclass(frozen=True, slots=True)
class Change:
    """One accepted configuration.

    Attributes:
        version: 1, 2, 3, …
        at: when it was accepted.
        who: a name, or what is known instead.
        origin: where it came from.
        diff: dotted key → (value before, value after), as JSON has values; empty where only comments changed.
        text: config.yaml as it was then.
        restored: the version whose text came back, if one did.
    """

    version: int
    at: datetime
    who: str
    origin: Origin
    diff: Mapping[str, tuple[Any, Any]]
    text: str
    restored: int | None = None


class ConfigHistory:
    """The history file. Appending needs the configuration's lock; reading does not."""

    def __init__(self, path: Path) -> None:
        """Args: path: the NDJSON file; it need not exist yet."""
        self._path = path

    def append(self, change: Change) -> None:
        """Adds a change, durably. A line that a crash left unfinished is cut off first."""
        line = write_change(change) + "\n"
        with self._path.open("a+b") as file:
            end = file.seek(0, os.SEEK_END)
            if end:
                file.seek(end - 1)
                if file.read(1) != b"\n":
                    file.seek(0)
                    file.truncate(file.read().rfind(b"\n") + 1)
            file.write(line.encode())
            file.flush()
            os.fsync(file.fileno())

    def read(self) -> Iterator[Change]:
        """All changes, oldest first; an unfinished last line is left out."""
        if not self._path.exists():
            return
        with self._path.open("rb") as file:
            for line in file:
                if line.endswith(b"\n"):
                    yield read_change(line)

    def last(self) -> Change | None:
        """The newest change; None before the first."""
        if not self._path.exists():
            return None
        with self._path.open("rb") as file:
            line = _last_line(file)
        return read_change(line) if line else None

    def find(self, version: int) -> Change | None:
        """The change of a version; None where there is none."""
        return next((change for change in self.read() if change.version == version), None)


def write_change(change: Change) -> str:
    """A change as one line of JSON."""
    return json.dumps({**asdict(change), "at": to_iso(change.at)}, ensure_ascii=False)


def read_change(line: bytes) -> Change:
    """The change that such a line tells of."""
    record: dict[str, Any] = json.loads(line)
    return Change(
        version=record["version"],
        at=parse_instant(record["at"]),
        who=record["who"],
        origin=Origin(record["origin"]),
        diff={key: (before, after) for key, (before, after) in record["diff"].items()},
        text=record["text"],
        restored=record.get("restored"),
    )


def _last_line(file: BinaryIO) -> bytes:
    """The last complete line, read from the end: the history grows for years."""
    size, step = file.seek(0, os.SEEK_END), 65_536
    while True:
        start = max(0, size - step)
        file.seek(start)
        block = file.read()
        complete = block[: block.rfind(b"\n") + 1]
        cut = complete.rfind(b"\n", 0, -1)
        if cut >= 0 or start == 0:
            return complete[cut + 1 :]
        step *= 4
