"""config.yaml and its history as one thing with a state in force. Decides nothing about single keys."""

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from mmbatch_dash.domain.config import Config, ConfigRefused, Problem, render_default
from mmbatch_dash.domain.errors import StoreUnavailable
from mmbatch_dash.store.config.edit import set_values
from mmbatch_dash.store.config.file import (
    Signature,
    exclusive,
    read_signature,
    read_text,
    remove_leftovers,
    replace_text,
)
from mmbatch_dash.store.config.history import HISTORY_NAME, Change, ConfigHistory, Origin
from mmbatch_dash.store.config.state import FILE_NAME, Check, State, diff_of, etag_of
from mmbatch_dash.store.config.yaml import read_document

SETTLE_SECONDS = 0.3
"""An edit by hand is read when the file has stood still this long: editors write in several steps."""
LOOK_SECONDS = 1.0
BY_HAND = "edited by hand"
_NOT_SEEN = Signature(0, -1, 0)


class ConfigDisk:
    """The file, its history, and the state in force. Safe for threads and beside other processes.

    A text is in force only after it was checked and is on disk; readers see one state or the next, never a mixture.
    A crash between writing the file and its history leaves the new file; the next look records it as edited by hand.

    Attributes:
        path: config.yaml.
        place: the same, for people.
        history: of accepted changes.
        state: in force.
    """

    def __init__(self, data_dir: Path, check: Check, clock: Callable[[], datetime]) -> None:
        """Reads the configuration, or makes it on the first start.

        Args:
            data_dir: the folder of everything a server owns.
            check: turns a text into a configuration or refuses it.
            clock: gives the time of a change.
        """
        data_dir.mkdir(parents=True, exist_ok=True)
        self.path = data_dir / FILE_NAME
        self.place = str(self.path)
        self.history = ConfigHistory(data_dir / HISTORY_NAME)
        self._check, self._clock = check, clock
        self._lock_path = data_dir / "config.lock"
        self._mutex = threading.RLock()
        self._looked = self._seen_at = time.monotonic()
        self._seen: Signature | None = _NOT_SEEN
        with exclusive(self._lock_path):
            remove_leftovers(self.path)
            self.state = self._open()

    def refresh(self, *, settled: bool = False) -> bool:
        """Looks whether config.yaml was edited, and applies or refuses the edit; true when something else is in force.

        Args:
            settled: read it now, even where it may be half written.
        """
        before = self.state
        with self._mutex:
            signature = read_signature(self.path)
            if signature == before.signature:
                return False
            if signature != self._seen:
                self._seen, self._seen_at = signature, time.monotonic()
            with exclusive(self._lock_path):
                self._adopt(settled or time.monotonic() - self._seen_at >= SETTLE_SECONDS)
            return self.state.version != before.version

    def look(self) -> None:
        """Notices an edit by hand, about once a second; never waits for somebody who saves."""
        if time.monotonic() - self._looked >= LOOK_SECONDS and self._mutex.acquire(blocking=False):
            try:
                self._looked = time.monotonic()
                # A new edit is looked at again soon, when it has settled.
                if not self.refresh() and read_signature(self.path) != self.state.signature:
                    self._looked -= LOOK_SECONDS - SETTLE_SECONDS
            finally:
                self._mutex.release()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Holds thread and process locks, with what others wrote adopted first."""
        with self._mutex, exclusive(self._lock_path):
            if not self._adopt(settled=False):
                time.sleep(SETTLE_SECONDS)
                self._adopt(settled=True)
            yield

    def _open(self) -> State:
        last = self.history.last()
        if read_signature(self.path) is None:
            replace_text(self.path, last.text if last else render_default(str(uuid.uuid4())))
        if last is None:
            return self._first()
        config = self._check(last.text, None)
        self.state = State(config, last.text, last.version, etag_of(config), None)
        self._adopt(settled=True)
        return self.state

    def _first(self) -> State:
        text = read_text(self.path)
        tree = read_document(text, file=FILE_NAME).tree
        if isinstance(tree, dict) and not tree.get("id"):
            text = set_values(text, {"id": str(uuid.uuid4())})
        config = self._check(text, None, tried=True)
        if text != read_text(self.path):
            replace_text(self.path, text)
        self.history.append(Change(1, self._clock(), "first start", Origin.START, {}, text))
        return State(config, text, 1, etag_of(config), read_signature(self.path))

    def _adopt(self, settled: bool) -> bool:
        """Takes over what stands on disk; false when it is an edit that may still be going on. Under both locks."""
        signature = read_signature(self.path)
        if signature == self.state.signature:
            return True
        if signature is None:
            gone = Problem(
                "", "is missing; the last good configuration stays in force and the next save writes it again"
            )
            self.state = replace(self.state, signature=None, problem=ConfigRefused([gone], file=FILE_NAME))
            return True
        try:
            text, last = read_text(self.path), self.history.last()
            if last is not None and text == last.text:
                config = self._check(text, None)
                self.state = State(config, text, last.version, etag_of(config), signature)
            elif not settled:
                return False
            else:
                config = self._check(text, self.state.config, tried=True)
                self._record(text, config, BY_HAND, Origin.FILE)
                self.state = replace(self.state, signature=signature)
        except ConfigRefused as error:
            if not settled:
                return False
            self.state = replace(self.state, signature=signature, problem=error)
        return True

    def write(self, text: str, config: Config, who: str, origin: Origin, restored: int | None = None) -> None:
        """Puts a checked text in force and on disk. Only while `held`.

        Raises:
            StoreUnavailable: it cannot be written, or was edited by hand at this moment; nothing is changed.
        """
        if read_signature(self.path) != self.state.signature:
            raise StoreUnavailable("config.yaml was edited by hand at this moment. Nothing was changed; try again.")
        replace_text(self.path, text)
        signature = read_signature(self.path)
        try:
            self._record(text, config, who, origin, restored)
        except OSError as error:
            replace_text(self.path, self.state.text)
            reason = f"The history of the configuration cannot be written: {error.strerror}. Nothing was changed."
            raise StoreUnavailable(reason) from None
        self.state = replace(self.state, signature=signature)

    def _record(self, text: str, config: Config, who: str, origin: Origin, restored: int | None = None) -> None:
        last = self.history.last()
        version = (last.version if last else 0) + 1
        self.history.append(
            Change(version, self._clock(), who, origin, diff_of(self.state.config, config), text, restored)
        )
        self.state = State(config, text, version, etag_of(config), self.state.signature)
