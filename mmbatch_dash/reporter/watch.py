"""Checkpoints that a job writes by itself, seen from outside: a file that came or changed, and is quiet again."""

import glob
import os
import threading
import time
from contextlib import suppress
from datetime import datetime, timezone
from functools import partial
from typing import Any, Dict, Optional, Tuple

from mmbatch_dash.reporter import images
from mmbatch_dash.reporter.events import stamp
from mmbatch_dash.reporter.teller import Teller

QUIET_SECONDS = 2.0
LOOK_SECONDS = 0.5
MOST_OF_A_PROCESSOR = 0.005
_Seen = Tuple[int, int, int]


class Watch:
    """Looks at the files of a pattern; each one that is written and then left alone is one checkpoint."""

    def __init__(self, teller: Teller, pattern: str) -> None:
        self._teller, self._pattern = teller, pattern
        self._known: Dict[str, _Seen] = self._look()
        self._growing: Dict[str, Tuple[_Seen, float, float]] = {}
        self._number = 0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="report-watch", daemon=True)

    def start(self) -> None:
        """Begins; what lies there already is no checkpoint of this run, and may be one that nobody told of."""
        for path in self._known:
            self._teller.take_up(path)
        self._thread.start()

    def stop(self) -> None:
        """Ends; a file whose writer is gone is whole by now."""
        self._stopping.set()
        self._thread.join(1.0)
        self._step(finished=True)

    def _run(self) -> None:
        pause = LOOK_SECONDS
        while not self._stopping.wait(pause):
            began = time.thread_time()
            with suppress(OSError):
                self._step()
            # Thousands of files are looked at less often: the job's processor is the job's.
            pause = max(LOOK_SECONDS, (time.thread_time() - began) / MOST_OF_A_PROCESSOR)

    def _step(self, *, finished: bool = False) -> None:
        now = time.time()
        found = self._look()
        for path, seen in found.items():
            if self._known.get(path) == seen:
                continue
            before = self._growing.get(path)
            if before is None or before[0] != seen:
                # A first look may come late: the file's own time of change is nearer to its first write.
                first = before[1] if before else min(now, seen[2] / 1e9)
                self._growing[path] = (seen, first, now)
                if not finished:
                    continue
                before = self._growing[path]
            if finished or now - before[2] >= QUIET_SECONDS:
                self._complete(path, seen, before[1])
        for path in [path for path in self._growing if path not in found]:
            del self._growing[path]

    def _complete(self, path: str, seen: _Seen, first: float) -> None:
        self._known[path] = seen
        self._growing.pop(path, None)
        self._number += 1
        last = max(first, seen[2] / 1e9)
        taken_at = stamp(datetime.fromtimestamp(first, timezone.utc))
        name = f"{self._teller.nonce}-{self._teller.attempt}-w{self._number}"
        size: Optional[int] = seen[1] if not os.path.isdir(path) else images.size_bytes(path)
        data: Dict[str, Any] = {"checkpoint_id": name, "taken_at": taken_at}
        data.update(duration_seconds=round(last - first, 3), size_bytes=size)
        number, at = f"w{self._number}", stamp(datetime.fromtimestamp(last, timezone.utc))
        images.write_note(path, self._teller.note_checkpoint(number, data, at))
        kept = partial(images.forget_untold, path, name)
        self._teller.tell("checkpoint.succeeded", number, data, at=at, then=kept)

    def _look(self) -> Dict[str, _Seen]:
        found: Dict[str, _Seen] = {}
        for path in glob.glob(self._pattern, recursive=True):
            if path.endswith(images.OURS):
                continue
            try:
                status = os.stat(path)
            except OSError:
                continue
            found[path] = (status.st_ino, status.st_size, status.st_mtime_ns)
        return found
