"""A small JSON file only its owner may read: replaced whole, one writer at a time, also between processes."""

import json
import os
import secrets
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from mmbatch_dash.domain.errors import StoreUnavailable
from mmbatch_dash.store.auth.change_count import ChangeCount
from mmbatch_dash.store.config.file import Signature, exclusive, read_signature, sync_folder

Answer = TypeVar("Answer")
PRIVATE_FOLDER, PRIVATE_FILE = 0o700, 0o600
LOOK_SECONDS = 1.0
"""The file is looked at this often though nobody said that it changed, as after an edit by hand."""


def private_folder(folder: Path) -> Path:
    """The folder, made if missing and closed to everybody but its owner."""
    folder.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
    folder.chmod(PRIVATE_FOLDER)
    return folder


class SecretFile:
    """A JSON object on disk. Reads notice at once what other processes wrote by this class; safe for threads."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._mutex = threading.Lock()
        self._seen: Signature | None = None
        self._tree: dict[str, Any] = {}
        self._changes = ChangeCount(path.parent)
        self._known: tuple[int, float] | None = None

    def read(self) -> dict[str, Any]:
        """The object, {} where there is no file; not to be changed.

        Raises:
            StoreUnavailable: the file is damaged or may not be read. It is never taken for an empty one.
        """
        # No lock and no system call: this is asked at every request, and each such call lets other threads in between.
        known = self._known
        if known is not None and self._changes.now() == known[0] and time.monotonic() < known[1]:
            return self._tree
        with self._mutex:
            self._known = None
            self._changes.look()
            count = self._changes.now()
            signature = read_signature(self.path)
            if signature is None:
                self._seen, self._tree = None, {}
            elif signature != self._seen:
                self._tree, self._seen = self._load(), signature
            if count is not None:
                self._known = (count, time.monotonic() + LOOK_SECONDS)
            return self._tree

    def change(self, edit: Callable[[dict[str, Any]], Answer]) -> Answer:
        """Runs `edit` on a fresh copy and writes it, unless the edit raises.

        Raises:
            StoreUnavailable: it cannot be written; nothing was changed.
        """
        private_folder(self.path.parent)
        with exclusive(self.path.with_suffix(".lock")):
            tree = self._load() if self.path.exists() else {}
            answer = edit(tree)
            self._replace(json.dumps(tree, indent=1, sort_keys=True))
            self._changes.add()
        return answer

    def _load(self) -> dict[str, Any]:
        try:
            tree = json.loads(self.path.read_bytes())
        except (OSError, ValueError) as error:
            raise StoreUnavailable(f"{self.path} cannot be read: {error}. Nobody is let in until it can.") from None
        if not isinstance(tree, dict):
            raise StoreUnavailable(f"{self.path} holds no JSON object. Nobody is let in until it does.")
        return tree

    def _replace(self, text: str) -> None:
        temporary = self.path.with_suffix(".new")
        try:
            temporary.unlink(missing_ok=True)
            handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(self.path)
            sync_folder(self.path.parent)
        except OSError as error:
            raise StoreUnavailable(f"{self.path} cannot be written: {error.strerror}. Nothing was changed.") from None


def read_or_make_key(path: Path, size: int = 32) -> bytes:
    """The key in a file only its owner may read; made at random on the first start."""
    private_folder(path.parent)
    with exclusive(path.with_suffix(".lock")):
        if not path.exists():
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
            with os.fdopen(handle, "wb") as file:
                file.write(secrets.token_bytes(size))
                file.flush()
                os.fsync(file.fileno())
        key = path.read_bytes()
    if len(key) < size:
        raise StoreUnavailable(f"{path} is too short for a key; remove it and a new one is made.")
    return key
