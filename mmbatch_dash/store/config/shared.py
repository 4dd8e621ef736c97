"""The configuration as a document that all servers of a cluster share: swapped whole, every version kept."""

import logging
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from mmbatch_dash.domain.config import Config, ConfigRefused, render_default
from mmbatch_dash.domain.errors import StoreUnavailable
from mmbatch_dash.store.config.edit import set_values
from mmbatch_dash.store.config.file import read_text
from mmbatch_dash.store.config.history import Change, Origin, read_change, write_change
from mmbatch_dash.store.config.state import FILE_NAME, Check, State, diff_of, etag_of
from mmbatch_dash.store.config.yaml import read_document
from mmbatch_dash.store.documents.interface import Documents, Outdated

LOG = logging.getLogger(__name__)
NAME = "config"
OWN = frozenset({"cluster", "id"})
"""Sections of config.yaml that a server reads for itself, or that say nothing."""


class SharedHistory:
    """All accepted changes, as the database holds them."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    def read(self) -> Iterator[Change]:
        """All changes, oldest first."""
        return map(read_change, self._documents.history(NAME) or ())

    def find(self, version: int) -> Change | None:
        """The change of a version; None where there is none."""
        return next((change for change in self.read() if change.version == version), None)


class SharedConfig:
    """The document, its history, and the state in force here. Safe for threads.

    Nobody edits it by hand. A server that cannot ask for it goes on with what it knows.

    Attributes:
        path: of the file that gave the first version, where there was one.
        place: where it is, for people.
        history: of accepted changes.
        state: in force.
    """

    def __init__(self, data_dir: Path, documents: Documents, check: Check, clock: Callable[[], datetime]) -> None:
        """Reads the configuration, or makes it at the first start of the first server.

        Args:
            data_dir: whose config.yaml, if it has one, is the first version.
            documents: where it is kept.
            check: turns a text into a configuration or refuses it.
            clock: gives the time of a change.
        """
        self.path = data_dir / FILE_NAME
        self.place = documents.place(NAME)
        self.history = SharedHistory(documents)
        self._documents, self._check, self._clock = documents, check, clock
        self._mutex = threading.RLock()
        self._seen: str | None = None
        self._away = False
        self._looked = time.monotonic()
        self.state = self._open()

    def refresh(self, *, settled: bool = False) -> bool:  # noqa: ARG002 - there is nothing that must settle first
        """Takes over what another server saved; true when something else is in force."""
        before = self.state
        with self._mutex:
            self._adopt()
            return self.state.version != before.version

    def look(self) -> None:
        """Notices what another server saved, twice a second; never waits for somebody who saves, nor raises."""
        if time.monotonic() - self._looked < self._documents.look_seconds or not self._mutex.acquire(blocking=False):
            return
        try:
            self._looked = time.monotonic()
            self._adopt()
            self._away = False
        except StoreUnavailable as error:
            if not self._away:
                LOG.warning("The configuration of before stays in force: %s", error)
            self._away = True
        finally:
            self._looked = time.monotonic()
            self._mutex.release()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Holds the threads of this server, with what others wrote adopted first; the swap keeps other servers off."""
        with self._mutex:
            self._adopt()
            yield

    def write(self, text: str, config: Config, who: str, origin: Origin, restored: int | None = None) -> None:
        """Puts a checked text in force here and, within a second, on every server. Only while `held`.

        Raises:
            Outdated: another server saved meanwhile; nothing is changed.
            StoreUnavailable: it cannot be written; nothing is changed.
        """
        diff = diff_of(self.state.config, config)
        self._swap(Change(self.state.version + 1, self._clock(), who, origin, diff, text, restored), config)

    def _open(self) -> State:
        while (kept := self._documents.read(NAME)) is None:
            text = read_text(self.path) if self.path.exists() else render_default(str(uuid.uuid4()))
            tree = read_document(text, file=FILE_NAME).tree
            if isinstance(tree, dict) and not tree.get("id"):
                text = set_values(text, {"id": str(uuid.uuid4())})
            config = self._check(text, None, tried=True)
            try:
                self._swap(Change(1, self._clock(), "first start", Origin.START, {}, text), config)
            except Outdated:
                continue  # another server was first
            return self.state
        change = read_change(kept.content)
        config = self._check(change.text, None)
        self._seen = kept.version
        self._tell_of_file()
        return State(config, change.text, change.version, etag_of(config), None)

    def _tell_of_file(self) -> None:
        """Says that a file of this server's own is not read, if it says more than where the database is."""
        with suppress(ConfigRefused):
            text = read_text(self.path) if self.path.exists() else ""
            tree = read_document(text, file=FILE_NAME).tree
            more = set(tree) - OWN if isinstance(tree, dict) else set()
            if more and all(change.text != text for change in self.history.read()):
                LOG.warning("Of %s only `cluster` is read: the configuration is %s", self.path, self.place)

    def _adopt(self) -> None:
        if self._documents.version(NAME) == self._seen:
            return
        kept = self._documents.read(NAME)
        if kept is None:
            raise StoreUnavailable(f"{self._documents.place(NAME)} is gone. Restore the database from a backup.")
        change, problem = read_change(kept.content), None
        try:
            # What another server accepted was tried there.
            config = self._check(change.text, None)
        except ConfigRefused as error:  # by a variable of this server's own environment, or by an older program
            config, problem = self.state.config, error
        self.state = State(config, change.text, change.version, etag_of(config), None, problem)
        self._seen = kept.version

    def _swap(self, change: Change, config: Config) -> None:
        self._seen = self._documents.write(NAME, write_change(change).encode(), self._seen)
        self.state = State(config, change.text, change.version, etag_of(config), None)
