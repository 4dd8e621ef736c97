"""How often to checkpoint: the command line, the engine's variables, the server's configuration, in this order."""

import json
import threading
from pathlib import Path
from typing import Any, Dict, Mapping, NamedTuple, Optional

from mmbatch_dash.reporter import names
from mmbatch_dash.reporter.server import Server

DEFAULT_SECONDS = 900.0
POLL_SECONDS = 30.0
SHORTEST_POLL_SECONDS = 1.0


class Policy(NamedTuple):
    """What is in force.

    Attributes:
        interval_seconds: from one checkpoint to the next; None where checkpoints are switched off.
        on_sigterm: whether a SIGTERM makes one first.
        diagnosis: whether details are written down.
        heartbeat_seconds: between signs of life, and between two looks at the configuration.
    """

    interval_seconds: Optional[float]
    on_sigterm: bool
    diagnosis: bool
    heartbeat_seconds: float


def decide(environment: Mapping[str, str], config: Mapping[str, Any], interval: Optional[float] = None) -> Policy:
    """The policy of a job.

    Args:
        environment: MMC_CHECKPOINT_MODE, _INTERVAL and _DIAGNOSIS override the configuration, as on MMBatch nodes.
        config: the answer of `GET /api/v1/config`, empty where none came.
        interval: seconds from the command line, over everything.
    """
    ckpt = _section(config, "ckpt")
    mode = environment.get(names.ENGINE_MODE) or str(ckpt.get("ckptMode") or "iterative")
    told = names.read_duration(environment.get(names.ENGINE_INTERVAL, "")) or names.read_duration(
        str(ckpt.get("ckptInterval") or "")
    )
    seconds: Optional[float] = interval or told or DEFAULT_SECONDS
    if interval is None and mode.strip().lower() == "none":
        seconds = None
    diagnosis = environment.get(names.ENGINE_DIAGNOSIS)
    return Policy(
        seconds,
        bool(ckpt.get("ckptOnSigTerm")),
        names.is_true(diagnosis) if diagnosis is not None else bool(ckpt.get("diagnosisMode")),
        names.read_duration(str(_section(config, "node").get("heartbeat") or "")) or POLL_SECONDS,
    )


def _section(config: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    section = config.get(name)
    return section if isinstance(section, dict) else {}


class ConfigPoll:
    """Keeps the server's configuration at hand: asked with its ETag, kept in a file for the next start.

    Attributes:
        config: the last answer that came, empty where none ever did.
    """

    def __init__(self, server: Optional[Server], node: str, queue: Optional[str], kept: Optional[Path] = None) -> None:
        self._server, self._node, self._queue, self._kept = server, node, queue, kept
        self._etag: Optional[str] = None
        self._lock = threading.Lock()
        self.config: Dict[str, Any] = {}

    def read_kept(self, path: Optional[Path] = None) -> None:
        """Begins with what an agent or a run before left on disk."""
        place = path or self._kept
        try:
            value = json.loads(place.read_text(encoding="utf-8")) if place else None
        except (OSError, ValueError):
            return
        if isinstance(value, dict):
            self.config = value

    def poll(self) -> int:
        """Asks once; the HTTP status, 0 where nobody answered."""
        if self._server is None:
            return 0
        with self._lock:
            answer = self._server.get_config(self._node, self._queue, self._etag)
            told = answer.json() if answer.status == 200 else None
            if isinstance(told, dict):
                self.config, self._etag = told, answer.headers.get("etag")
                self._keep(answer.text)
            return answer.status

    def _keep(self, text: str) -> None:
        if self._kept is None:
            return
        try:
            self._kept.parent.mkdir(parents=True, exist_ok=True)
            part = self._kept.with_suffix(".part")
            part.write_text(text, encoding="utf-8")
            part.replace(self._kept)
        except OSError:
            pass
