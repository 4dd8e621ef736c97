"""Where `ckpt.diagnosisMode` asks for it: what checkpoint and restore commands say, kept and handed in as job logs.

A note beside a log says that the server does not have it yet; whoever runs next here hands it in.
"""

import json
import os
import threading
from contextlib import suppress
from pathlib import Path
from typing import IO, Callable, List, Optional

from mmbatch_dash.reporter.events import stamp
from mmbatch_dash.reporter.logs import MEGABYTE, send_file
from mmbatch_dash.reporter.server import Server
from mmbatch_dash.reporter.spool import safe_name

DUMP, RESTORE = "dump.log", "restore.log"
OWED = ".owed"
_NEVER = (400, 413, 422)
"""Answers that the same log will get again."""
MOST_BYTES = MEGABYTE
"""Of one command's output, its last part; and of a log before it is begun anew."""


class Diagnosis:
    """The logs of one job beside its spool."""

    def __init__(
        self,
        spool: Path,
        job_id: str,
        server: Optional[Server],
        is_on: Callable[[], bool],
        node_id: Callable[[], str],
    ) -> None:
        self._folder = spool / "logs" / safe_name(job_id)
        self._handing: Optional[threading.Thread] = None
        self._job_id, self._server, self._is_on, self._node_id = job_id, server, is_on, node_id

    @property
    def is_on(self) -> bool:
        """Whether it is asked for now."""
        return self._is_on()

    def write(self, name: str, how: str, output: IO[bytes]) -> None:
        """Adds one command's end and output to a log, and hands the log in beside what goes on."""
        with suppress(OSError):
            size = output.seek(0, os.SEEK_END)
            output.seek(max(0, size - MOST_BYTES))
            self._folder.mkdir(parents=True, exist_ok=True)
            path = self._folder / name
            mode = "ab" if path.exists() and path.stat().st_size < MOST_BYTES else "wb"
            with path.open(mode) as file:
                file.write(f"{stamp()} {how}\n".encode())
                file.write(output.read(MOST_BYTES))
                file.write(b"\n")
            owed = {"job_id": self._job_id, "node_id": self._node_id(), "name": name}
            _owed_of(path).write_text(json.dumps(owed), encoding="utf-8")
            handing = threading.Thread(target=hand_in, args=(self._server, path), name="report-logs", daemon=True)
            handing.start()
            self._handing = handing

    def wait(self, seconds: float) -> None:
        """Gives the last log a moment to leave."""
        if self._handing is not None:
            self._handing.join(max(0.0, seconds))


def hand_in(server: Optional[Server], path: Path) -> bool:
    """Hands in one log that is owed; whether the server has it, or never will."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        owed, before = json.loads(_owed_of(path).read_text(encoding="utf-8")), _seen(path)
        if server is None:
            return False
        name = "jobs/{}/{}".format(owed["job_id"], owed["name"])
        status = send_file(server, str(owed["node_id"]), name, str(path), 2 * MOST_BYTES).status
        if status not in (200, *_NEVER) or _seen(path) != before:  # written on meanwhile: to be sent again
            return False
        _owed_of(path).unlink()
        return True
    return False


def owed_logs(spool: Path) -> List[Path]:
    """Logs that no server has yet, of any job."""
    return sorted(note.with_suffix("") for note in (spool / "logs").glob("*/*" + OWED))


def _owed_of(path: Path) -> Path:
    return path.with_name(path.name + OWED)


def _seen(path: Path) -> "tuple[int, int]":
    status = path.stat()
    return status.st_size, status.st_mtime_ns
