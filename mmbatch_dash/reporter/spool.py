"""Events on disk until the server has them: one file each, written whole, bounded, sent by whoever comes next.

A spool belongs to no server: what waits goes to the server of whoever sends it.
"""

import contextlib
import json
import os
import re
import threading
import time
from collections import deque
from itertools import count
from pathlib import Path
from typing import Any, Deque, Dict, Iterator, List, Mapping, NamedTuple, Optional

from mmbatch_dash.reporter import names

MOST_FILES = 20_000
MOST_HELD = 1000
FOLDER = ".mmbatch-report"
REFUSED, MOST_REFUSED = "refused", 1000
"""Folder of events that no server takes, and how many are kept there."""
HEARTBEAT = "mmbatch.node.heartbeat"
_SERIAL = count()


class Waiting(NamedTuple):
    """One event that waits: its file, None where no disk took it; and its text, None where that is no event."""

    path: Optional[Path]
    event: Optional[Dict[str, Any]]


def find_spool(environment: Mapping[str, str], checkpoint_path: Optional[str] = None) -> Path:
    """The folder of the spool: as told, else beside the checkpoint, else the user's own."""
    told = environment.get(names.SPOOL)
    if told:
        return Path(told)
    path = checkpoint_path or environment.get(names.CHECKPOINT_PATH)
    if path:
        return Path(os.path.abspath(path)).parent / FOLDER
    state = environment.get("XDG_STATE_HOME") or os.path.join(os.path.expanduser("~"), ".local", "state")
    return Path(state) / "mmbatch-report"


def safe_name(text: str) -> str:
    """A file name for any id: readable, and different for different ids."""
    return re.sub(r"[^A-Za-z0-9._-]", lambda found: f"%{ord(found.group()):02x}", text)[:200] or "_"


class Spool:
    """The events of one owner (a job, a node) below the root that all owners share."""

    def __init__(self, root: Path, owner: str) -> None:
        self.root = root
        self.owner = safe_name(owner)
        self._folder = root / "events" / self.owner
        self._held: Deque[Dict[str, Any]] = deque(maxlen=MOST_HELD)
        self._lock = threading.Lock()

    def put(self, event: Mapping[str, Any]) -> bool:
        """Keeps an event; False where the disk does not take it: then it is held in memory as long as this lasts."""
        if not self._write(event):
            with self._lock:
                self._held.append(dict(event))
            return False
        self._write_held()
        return True

    def _write_held(self) -> None:
        while self._held:
            with self._lock:
                event = self._held.popleft() if self._held else None
            if event is not None and not self._write(event):
                with self._lock:
                    self._held.appendleft(event)
                return

    def _write(self, event: Mapping[str, Any]) -> bool:
        kind = "h" if event.get("type") == HEARTBEAT else "e"
        name = f"{time.time_ns():020d}-{next(_SERIAL) % 1_000_000:06d}-{os.getpid()}.{kind}.json"
        text = json.dumps(event, separators=(",", ":")).encode()
        for _ in range(2):
            try:
                self._folder.mkdir(parents=True, exist_ok=True)
                part = self._folder / (name + ".part")
                with part.open("wb") as file:
                    file.write(text)
                    file.flush()
                    os.fsync(file.fileno())
                part.replace(self._folder / name)
            except FileNotFoundError:  # whoever sent the last event of a folder takes the folder away
                continue
            except OSError:
                if not self.drop_heartbeats():
                    return False
                continue
            self._bound()
            return True
        return False

    def waiting(self, limit: int = 500) -> List[Waiting]:
        """What waits, this owner's first and the oldest before the newer, then what others left."""
        found: List[Waiting] = []
        with self._lock:
            found += [Waiting(None, event) for event in self._held]
        for path in self._files():
            try:
                text = path.read_bytes()
            except OSError:  # sent by another meanwhile, or a disk that is away for a moment
                continue
            found.append(Waiting(path, _parse(text)))
            if len(found) >= limit:
                break
        return found

    def count(self) -> int:
        """How many events wait, of all owners."""
        return len(self._held) + sum(1 for _ in self._files())

    def refused(self) -> int:
        """How many events were put aside, since no server takes them."""
        try:
            return len(os.listdir(self.root / REFUSED))
        except OSError:
            return 0

    def drop_heartbeats(self) -> int:
        """Gives up the oldest half of the heartbeats; how many went."""
        beats = [path for path in self._files() if path.name.endswith(".h.json")]
        old = beats[: (len(beats) + 1) // 2]
        for path in old:
            _remove(path)
        return len(old)

    def forget(self, waiting: Waiting) -> None:
        """Takes an event out, once the server has it."""
        if waiting.path is None:
            with self._lock, contextlib.suppress(ValueError):
                self._held.remove(waiting.event or {})
            return
        _remove(waiting.path)
        with contextlib.suppress(OSError):  # not empty
            waiting.path.parent.rmdir()

    def set_aside(self, waiting: Waiting) -> None:
        """Keeps an event that no server takes where it is found again, out of the way of the others."""
        if waiting.path is None:
            self.forget(waiting)
            return
        try:
            aside = self.root / REFUSED
            aside.mkdir(parents=True, exist_ok=True)
            for old in sorted(aside.iterdir())[: -MOST_REFUSED + 1]:
                _remove(old)
            waiting.path.replace(aside / waiting.path.name)
        except OSError:
            _remove(waiting.path)

    def _bound(self) -> None:
        try:
            if len(os.listdir(self._folder)) > MOST_FILES and not self.drop_heartbeats():
                for path in sorted(self._folder.iterdir())[: MOST_FILES // 20]:
                    _remove(path)
        except OSError:
            pass

    def _files(self) -> Iterator[Path]:
        events = self.root / "events"
        try:
            owners = sorted(events.iterdir(), key=lambda folder: (folder.name != self.owner, folder.name))
        except OSError:
            return
        for owner in owners:
            try:
                yield from sorted(path for path in owner.iterdir() if path.name.endswith(".json"))
            except OSError:
                continue


def _parse(text: bytes) -> Optional[Dict[str, Any]]:
    try:
        value = json.loads(text.decode("utf-8"))
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink()
