"""A JSON object kept as one document, read at every request and changed by swapping; and keys made at random."""

import json
import secrets
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

from mmbatch_dash.domain.errors import StoreUnavailable
from mmbatch_dash.store.documents.interface import Documents, Kept, Outdated, version_of

Answer = TypeVar("Answer")


class Tree:
    """A JSON object. Reads notice at once what others wrote where changes are counted, else soon; safe for threads."""

    def __init__(self, documents: Documents, name: str) -> None:
        self._documents, self._name = documents, name
        self._changes = documents.changes
        self._mutex = threading.Lock()
        self._seen: str | None = None
        self._tree: dict[str, Any] = {}
        self._known: tuple[int, float] | None = None

    def read(self) -> dict[str, Any]:
        """The object, {} where there is none; not to be changed.

        Raises:
            StoreUnavailable: it is damaged or may not be read. It is never taken for an empty one.
        """
        # No lock and no system call: this is asked at every request, and each such call lets other threads in between.
        known = self._known
        if known is not None and self._changes() == known[0] and time.monotonic() < known[1]:
            return self._tree
        with self._mutex:
            self._known = None
            self._documents.look()
            count = self._changes()
            version = self._documents.version(self._name)
            if version is None:
                self._seen, self._tree = None, {}
            elif version != self._seen:
                kept = self._documents.read(self._name)
                self._tree, self._seen = self._parse(kept), version_of(kept)
            if count is not None:
                self._known = (count, time.monotonic() + self._documents.look_seconds)
            return self._tree

    def change(self, edit: Callable[[dict[str, Any]], Answer]) -> Answer:
        """Runs `edit` on a fresh copy and writes it, unless the edit raises; it runs again if another was faster.

        Raises:
            StoreUnavailable: it cannot be written; nothing was changed.
        """
        while True:
            kept = self._documents.read(self._name)
            tree = self._parse(kept)
            answer = edit(tree)
            text = json.dumps(tree, indent=1, sort_keys=True)
            try:
                self._documents.write(self._name, text.encode(), version_of(kept))
            except Outdated:
                continue
            return answer

    def _parse(self, kept: Kept | None) -> dict[str, Any]:
        if kept is None:
            return {}
        place = self._documents.place(self._name)
        try:
            tree = json.loads(kept.content)
        except ValueError as error:
            raise StoreUnavailable(f"{place} cannot be read: {error}. Nobody is let in until it can.") from None
        if not isinstance(tree, dict):
            raise StoreUnavailable(f"{place} holds no JSON object. Nobody is let in until it does.")
        return tree


def read_or_make_key(documents: Documents, name: str, size: int = 32) -> bytes:
    """The key of that name; made at random on the first start, of several at once by one for all."""
    while True:
        kept = documents.read(name)
        if kept is None:
            with suppress(Outdated):  # another was first, and its key is the one
                documents.write(name, secrets.token_bytes(size), None)
            continue
        if len(kept.content) < size:
            place = documents.place(name)
            raise StoreUnavailable(f"{place} is too short for a key; remove it and a new one is made.")
        return kept.content
