"""When the data directory was last backed up: noted in it, told by /metrics."""

import os
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import orjson

from mmbatch_dash.domain.instants import parse_instant, to_iso

FILE = "backup.json"


def note_backup(data_dir: Path, made_at: datetime, position: int) -> None:
    """Notes a backup down; a data directory that does not take the note is backed up all the same."""
    path = data_dir / FILE
    temporary = path.with_suffix(".tmp")
    with suppress(OSError):
        temporary.write_bytes(orjson.dumps({"made_at": to_iso(made_at), "position": position}))
        owner = data_dir.stat()
        if owner.st_uid != os.geteuid():  # the server, another user, must be able to read it
            os.chown(temporary, owner.st_uid, owner.st_gid)
        temporary.replace(path)


def read_last_backup(data_dir: Path) -> datetime | None:
    """When the last backup was made; None where none was."""
    with suppress(OSError, ValueError, TypeError, KeyError):
        return parse_instant(orjson.loads((data_dir / FILE).read_bytes())["made_at"])
    return None
