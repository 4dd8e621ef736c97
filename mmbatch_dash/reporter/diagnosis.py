"""Where `ckpt.diagnosisMode` asks for it: what checkpoint and restore commands say, kept and handed in as job logs."""

import os
import threading
from contextlib import suppress
from pathlib import Path
from typing import IO, Callable, Optional

from mmbatch_dash.reporter.events import stamp
from mmbatch_dash.reporter.logs import MEGABYTE, send_file
from mmbatch_dash.reporter.server import Server
from mmbatch_dash.reporter.spool import safe_name

DUMP, RESTORE = "dump.log", "restore.log"
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
            handing = threading.Thread(target=self._hand_in, args=(name, str(path)), name="report-logs", daemon=True)
            handing.start()
            self._handing = handing

    def wait(self, seconds: float) -> None:
        """Gives the last log a moment to leave."""
        if self._handing is not None:
            self._handing.join(max(0.0, seconds))

    def _hand_in(self, name: str, path: str) -> None:
        with suppress(OSError):
            if self._server is not None:
                send_file(self._server, self._node_id(), f"jobs/{self._job_id}/{name}", path, 2 * MOST_BYTES)
