"""What a backup consists of: objects named after what they hold, and a record that lists them."""

import re
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import orjson

from mmbatch_dash.domain.errors import MmbatchDashError
from mmbatch_dash.domain.instants import parse_instant, to_iso
from mmbatch_dash.services.backup.target import Target

FORMAT = 1
RECORDS = "backups/"
_RECORD = re.compile(r"^backups/[0-9TZ-]+\.json$")


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of the journal.

    Attributes:
        object: name of the compressed object.
        start: journal position of its first byte.
        length: how many bytes of the journal it holds.
        digest: SHA-256 of them.
        generation: of the closed segment; None where the manifest did not list it, as it was still being written.
    """

    object: str
    start: int
    length: int
    digest: str
    generation: int | None


@dataclass(frozen=True, slots=True)
class Kept:
    """A file of the data directory.

    Attributes:
        object: name of the object.
        path: relative to the data directory.
        digest: SHA-256 of it.
    """

    object: str
    path: str
    digest: str


@dataclass(frozen=True, slots=True)
class Record:
    """One backup.

    Attributes:
        made_at: when it began.
        position: journal position up to which it holds what was accepted.
        sealed_from: position from which on journal lines have checksums.
        parts: the journal.
        files: configuration with history, users, tokens, audit log and what else the data directory holds.
    """

    made_at: datetime
    position: int
    sealed_from: int
    parts: tuple[Part, ...]
    files: tuple[Kept, ...]

    @property
    def name(self) -> str:
        """Name of the record among the objects; records sort by time."""
        return f"{RECORDS}{self.made_at:%Y%m%dT%H%M%S%fZ}.json"

    @property
    def objects(self) -> set[str]:
        """Every object it needs."""
        return {part.object for part in self.parts} | {kept.object for kept in self.files}

    def as_json(self) -> bytes:
        """The record as it is kept."""
        told: dict[str, Any] = {"format": FORMAT, **asdict(self), "made_at": to_iso(self.made_at)}
        return orjson.dumps(told, option=orjson.OPT_INDENT_2)


def record_names(names: dict[str, int]) -> list[str]:
    """The records among object names, the oldest first."""
    return sorted(name for name in names if _RECORD.match(name))


def read_record(target: Target, name: str) -> Record:
    """A record as it was kept.

    Raises:
        MmbatchDashError: it cannot be read, or a newer program wrote it.
    """
    with target.open(name) as file:
        content = file.read()
    try:
        told = orjson.loads(content)
        version = int(told.pop("format"))
        if version > FORMAT:
            raise MmbatchDashError(f"The backup {name} has format {version}; this program knows {FORMAT}. Upgrade it.")
        return Record(
            parse_instant(told["made_at"]),
            int(told["position"]),
            int(told["sealed_from"]),
            tuple(Part(**part) for part in told["parts"]),
            tuple(Kept(**kept) for kept in told["files"]),
        )
    except (ValueError, TypeError, KeyError) as error:
        raise MmbatchDashError(f"The backup's record {name} is damaged: {error}.") from None
