"""Which token first named a node, in `node_owners.ndjson`: no other speaks for it as long as that one is valid."""

import json
import logging
import os
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path

LOG = logging.getLogger(__name__)


class NodeOwners:
    """The owners of a data directory. Safe for threads; one process writes."""

    def __init__(self, data_dir: Path, is_valid: Callable[[str], bool], most: Callable[[], int]) -> None:
        """Reads who owns what.

        Args:
            data_dir: where the file is.
            is_valid: whether a token of that name is.
            most: how many nodes a token may name.
        """
        self._path = data_dir / "node_owners.ndjson"
        self._is_valid, self._most = is_valid, most
        self._owners = _read(self._path)
        self._counts = Counter(self._owners.values())
        self._mutex = threading.Lock()

    def claim(self, node_id: str, token: str) -> str:
        """Empty where the node is that token's, now or from now on; else why it is not, for the sender."""
        if self._owners.get(node_id) == token:
            return ""
        with self._mutex:
            owner = self._owners.get(node_id)
            if owner is not None and owner != token and self._is_valid(owner):
                return "belongs to another token, which named it first"
            if self._counts[token] >= self._most():
                return f"is one more than the {self._most()} a token may name (node.maxNodes)"
            if owner is not None:
                self._counts[owner] -= 1
            self._owners[node_id] = token
            self._counts[token] += 1
            self._write(node_id, token)
        return ""

    def _write(self, node_id: str, token: str) -> None:
        line = json.dumps({"node": node_id, "token": token}) + "\n"
        try:
            handle = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.write(handle, line.encode())
            finally:
                os.close(handle)
        except OSError as error:
            # After a restart the node is anybody's again; its events are more worth than that.
            LOG.warning("The owner of node %s could not be noted: %s", node_id, error.strerror or error)


def _read(path: Path) -> dict[str, str]:
    owners: dict[str, str] = {}
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError:
        return owners
    for line in lines:
        try:
            row = json.loads(line)
            owners[str(row["node"])] = str(row["token"])
        except (ValueError, KeyError, TypeError):
            continue
    return owners
