"""What one run tells: events put in order into the spool by a thread of their own, so that no disk holds the job up."""

import threading
import time
from contextlib import suppress
from queue import SimpleQueue
from typing import Any, Callable, Dict, Mapping, Optional

from mmbatch_dash.reporter import images
from mmbatch_dash.reporter.dead_runs import tell_end, tell_untold
from mmbatch_dash.reporter.events import build_event, job_identity, stamp
from mmbatch_dash.reporter.instance import Instance
from mmbatch_dash.reporter.marks import Mark, marks_of, new_mark, note_attempt
from mmbatch_dash.reporter.sender import Sender
from mmbatch_dash.reporter.spool import Spool
from mmbatch_dash.reporter.who import host_name, is_gone, process_home

ARRIVAL_SECONDS = 2.0
"""How long a note waits to learn what this run calls itself; metadata services answer in milliseconds."""


class Teller:
    """One run of one attempt of one job, told to the spool and its mark.

    Attributes:
        instance: the machine, once it has said who it is.
        checkpoint_path: where this run's checkpoints lie, for whoever finds its mark.
    """

    def __init__(
        self, spool: Spool, sender: Sender, job_id: str, attempt: int, nonce: str, read_instance: Callable[[], Instance]
    ) -> None:
        self._spool, self._sender = spool, sender
        self.job_id, self.attempt, self.nonce = job_id, attempt, nonce
        self._read_instance = read_instance
        self.instance = Instance({})
        self.checkpoint_path: Optional[str] = None
        self._mark: Mark = new_mark(spool.root, job_id, nonce)
        self._waiting: SimpleQueue[Optional[Callable[[], None]]] = SimpleQueue()
        self._done = threading.Event()
        self._known = threading.Event()
        self._arrived = threading.Event()
        self._source = ""
        self._thread = threading.Thread(target=self._run, name="report-teller", daemon=True)

    @property
    def source(self) -> str:
        """What the events of this run name as their source: one and the same from the first to the last."""
        return self._source or "reporter/" + (self.instance.instance_id or host_name())

    def start(self) -> None:
        """Finds out where this is, tells how runs before it ended, then takes what is told."""
        self._thread.start()

    def tell(
        self,
        kind: str,
        number: Any,
        data: Mapping[str, Any],
        *,
        at: Optional[str] = None,
        on_machine: bool = False,
        then: Callable[[], None] = lambda: None,
    ) -> None:
        """An event of this job, as of now if no instant is given.

        Args:
            kind: its type without the prefix.
            number: which of its kind, in this run.
            data: its fields.
            at: when it happened.
            on_machine: whether it says where it happened too.
            then: called when the spool has it.
        """
        moment, fields = at or stamp(), dict(data)
        self._waiting.put(lambda: self._write(kind, number, fields, moment, on_machine, then))

    def note_checkpoint(self, number: Any, data: Mapping[str, Any], at: str) -> Dict[str, Any]:
        """The note of a checkpoint that succeeded, with its event for whoever comes next if this run cannot tell it."""
        note = {"checkpoint_id": data["checkpoint_id"], "taken_at": data["taken_at"], "finished_at": at}
        note.update(job_id=self.job_id, attempt=self.attempt, run=self.nonce)
        if self._arrived.wait(ARRIVAL_SECONDS):
            note[images.UNTOLD] = self._build("checkpoint.succeeded", number, data, at)
        return note

    def take_up(self, path: str) -> None:
        """Tells of the checkpoint at a path, if the run that made it did not come to it."""
        self._waiting.put(lambda: self._take_up(path))

    def mark(self, **changes: Any) -> None:
        """Renews the sign of life."""
        self._waiting.put(lambda: self._mark.save(alive_at=stamp(), **changes))

    def end_mark(self) -> None:
        """Says that this run tells its own end."""
        self._waiting.put(self._mark.end)

    def flush(self, seconds: float) -> None:
        """Writes and sends what is told, `seconds` at most; what is written then is sent by whoever comes next."""
        end = time.monotonic() + seconds
        self._known.set()
        self._waiting.put(None)
        self._done.wait(seconds)
        self._sender.flush(max(0.05, end - time.monotonic()))

    def _run(self) -> None:
        with suppress(Exception):  # a fault in here is never the job's
            self._arrive()
        self._arrived.set()
        while True:
            step = self._waiting.get()
            if step is None:
                break
            try:
                step()
            except Exception:  # noqa: BLE001, S112 - the same
                continue
        self._done.set()

    def _arrive(self) -> None:
        reader = threading.Thread(target=self._read_machine, name="report-instance", daemon=True)
        reader.start()
        self._known.wait(15.0)
        self._source = self.source
        note_attempt(self._spool.root, self.job_id, self.attempt)
        self._bury()
        self._mark.save(
            attempt=self.attempt,
            source=self.source,
            instance_id=self.instance.instance_id,
            checkpoint_path=self.checkpoint_path,
            home=process_home(),
            alive_at=stamp(),
        )

    def _read_machine(self) -> None:
        with suppress(Exception):  # nor is it to be read in the job's stderr
            self.instance = self._read_instance()
        self._known.set()

    def _take_up(self, path: str) -> None:
        if tell_untold(self._spool, path):
            self._sender.wake()

    def _bury(self) -> None:
        """Tells the ends of earlier attempts whose marks have none: a new start proves that they are over."""
        for mark in marks_of(self._spool.root, self.job_id):
            if mark.told.get("nonce") == self.nonce:
                continue
            if mark.attempt < self.attempt:
                if tell_end(self._spool, mark):
                    self._sender.wake()
            elif mark.attempt == self.attempt and is_gone(mark.told.get("home") or {}):
                mark.end()

    def _build(self, kind: str, number: Any, data: Mapping[str, Any], at: str) -> Dict[str, Any]:
        if not kind.startswith("instance."):
            data = {"job_id": self.job_id, "attempt": self.attempt, **data}
        identity = job_identity(self.job_id, self.attempt, self.nonce, kind, number)
        return build_event(kind, self.source, identity, data, time=at)

    def _write(
        self, kind: str, number: Any, data: Dict[str, Any], at: str, on_machine: bool, then: Callable[[], None]
    ) -> None:
        if on_machine:
            data = {**self.instance.facts, **data}
        if kind.startswith("instance."):
            data.setdefault("instance_id", self.instance.instance_id)
            if not data["instance_id"]:
                return
        if self._spool.put(self._build(kind, number, data, at)):
            then()
        self._sender.wake()
        if kind in ("checkpoint.succeeded", "checkpoint.failed"):
            self._mark.save(alive_at=at, last_checkpoint_at=at)
