"""Bringing an accepted configuration into force: at once where that can be, else told as waiting for a restart."""

import logging
import os
import signal
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmbatch_dash.domain.config import KEYS, Config, flatten
from mmbatch_dash.services.logs import ServerLog
from mmbatch_dash.services.obedience import Obedience
from mmbatch_dash.store.watching import Watch

LOG = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
WRITE_EVERY_LOOKS = 30
RESTART_MARK = "restart.wanted"
_LET_ANSWERS_OUT_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Pending:
    """A key whose configured value waits for a restart.

    Attributes:
        key: dotted.
        running: what the process started with.
        configured: what the next start takes.
    """

    key: str
    running: Any
    configured: Any


class Applying(Watch):
    """Looks at the configuration in force once a second, in its own thread, whoever changed it."""

    def __init__(
        self,
        read: Callable[[], Config],
        obedience: Obedience,
        data_dir: Path,
        *,
        host: str | None = None,
        port: int | None = None,
    ) -> None:
        """Notes what the process started with.

        Args:
            read: the configuration in force.
            obedience: written down now and then.
            data_dir: where the wish for a restart is left.
            host: given on the command line, which a restart repeats; None follows `addr`.
            port: likewise.
        """
        self._host, self._port = host, port
        self._read, self._obedience = read, obedience
        self._mark = data_dir / RESTART_MARK
        self._log: ServerLog | None = None
        self._process: int | None = None
        self._started = self._restart_values()
        self._looks = 0
        super().__init__("applying", LOOK_SECONDS, "The configuration could not be brought into force")

    def write_log(self, folder: Path) -> None:
        """Writes log files from now on, as the configuration says at each moment."""
        log = self._read().log
        self._log = ServerLog(folder, log.level.value, log.max_size_mb, log.max_backups)
        self._log.attach()

    def serve_as(self, process: int) -> None:
        """Names the process that serves anew when it is told to end and the wish is left."""
        self._process = process

    def stop(self) -> None:
        """Ends, and writes down who obeys."""
        super().stop()
        self._obedience.write()
        if self._log is not None:
            self._log.close()

    def look(self) -> None:
        """Takes over what holds at once; now and then writes down who obeys."""
        log = self._read().log
        if self._log is not None and self._log.adjust(log.level.value, log.max_size_mb, log.max_backups):
            LOG.info(
                "The log now has level %s, %d MB a file, %d older files", log.level, log.max_size_mb, log.max_backups
            )
        self._looks += 1
        if self._looks % WRITE_EVERY_LOOKS == 0:
            self._obedience.write()

    def pending(self) -> Sequence[Pending]:
        """Keys whose configured value waits for a restart, in the order of the models."""
        return pending_between(self._started, self._restart_values())

    def _restart_values(self) -> dict[str, Any]:
        """As the next start would take them: what the command line says stays, whatever `addr` becomes."""
        config = self._read()
        host, port = self._host or config.host, config.port if self._port is None else self._port
        scheme = "https" if config.https else "http"
        return {
            **restart_values(config),
            "addr": config.addr
            if (host, port) == (config.host, config.port)
            else f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}",
        }

    def can_restart(self) -> bool:
        """Whether the process can be told to start anew."""
        return self._process is not None

    def restart(self) -> None:
        """Starts the server anew, as soon as the answers under way are out."""
        if self._process is None:
            return
        LOG.warning("The server starts anew, as asked")
        self._mark.touch()
        threading.Timer(_LET_ANSWERS_OUT_SECONDS, os.kill, (self._process, signal.SIGTERM)).start()


def restart_values(config: Config) -> dict[str, Any]:
    """Dotted key → value of the keys that take effect at a restart."""
    return {name: value for name, value in flatten(config.as_json()).items() if KEYS[name].marks.restart}


def pending_between(running: Mapping[str, Any], configured: Mapping[str, Any]) -> list[Pending]:
    """What waits for a restart."""
    return [Pending(name, was, configured[name]) for name, was in running.items() if configured[name] != was]


def take_restart_wish(data_dir: Path) -> bool:
    """Whether a restart was asked for; asks are taken once."""
    mark = data_dir / RESTART_MARK
    wanted = mark.exists()
    mark.unlink(missing_ok=True)
    return wanted
