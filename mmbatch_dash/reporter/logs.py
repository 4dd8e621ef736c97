"""Log files of a node or a job, handed in to the server: the last part of each, whenever it has changed."""

import glob
import os
from typing import Any, Dict, Iterable, List, Mapping, Optional, Tuple

from mmbatch_dash.reporter.server import Answer, Server

MEGABYTE = 1_000_000
USUAL_MB = 2
TIMEOUT_SECONDS = 30.0


class Logs:
    """The files of some patterns on one node."""

    def __init__(self, server: Optional[Server], node_id: str, patterns: Iterable[str]) -> None:
        self._server, self._node_id, self._patterns = server, node_id, list(patterns)
        self._sent: Dict[str, Tuple[int, int]] = {}

    def send_changed(self, config: Mapping[str, Any]) -> int:
        """Hands in every file that is not as it was; how many went. Those that did not go are tried again."""
        sent = 0
        for path in self._find():
            try:
                status = os.stat(path)
                seen = (status.st_size, status.st_mtime_ns)
                if self._server is None or self._sent.get(path) == seen or not os.path.isfile(path):
                    continue
                answer = send_file(self._server, self._node_id, os.path.abspath(path), path, most_bytes(config))
            except OSError:  # gone, or not ours to read
                continue
            if answer.status == 200:
                self._sent[path] = seen
                sent += 1
        return sent

    def _find(self) -> List[str]:
        return sorted({path for pattern in self._patterns for path in glob.glob(pattern, recursive=True)})


def most_bytes(config: Mapping[str, Any]) -> int:
    """How much of a file the server takes, by its configuration."""
    node = config.get("node")
    told = node.get("maxPerLogSizeMB") if isinstance(node, dict) else None
    return int(told if isinstance(told, int) and told > 0 else USUAL_MB) * MEGABYTE


def send_file(server: Server, node_id: str, name: str, path: str, most: int) -> Answer:
    """Hands in the last `most` bytes of the file at a path under a name, from the start of a line where it is cut.

    Raises:
        OSError: the file cannot be read.
    """
    with open(path, "rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - most))
        content = file.read(most)
    if size > most:
        content = content.partition(b"\n")[2] or content
    return server.put_file(node_id, name, content, TIMEOUT_SECONDS)
