"""Taking checkpoints and restoring: runs the job's own commands, times them, and tells how they went."""

import contextlib
import os
import signal
import tempfile
import threading
import time
from typing import IO, Any, Dict, List, Mapping, Optional

from mmbatch_dash.reporter import images, names
from mmbatch_dash.reporter.child import start_beside
from mmbatch_dash.reporter.diagnosis import DUMP, RESTORE, Diagnosis
from mmbatch_dash.reporter.events import stamp
from mmbatch_dash.reporter.teller import Teller

ERROR_LENGTH = 500


class Engine:
    """The checkpoint and restore commands of one run. One checkpoint at a time."""

    def __init__(
        self,
        teller: Teller,
        environment: Mapping[str, str],
        checkpoint_command: Optional[str],
        restore_command: Optional[str],
        path: Optional[str],
        diagnosis: Diagnosis,
    ) -> None:
        self._teller, self._diagnosis = teller, diagnosis
        self._environment = environment
        self._checkpoint_command, self._restore_command, self._path = checkpoint_command, restore_command, path
        self._number = 0
        self._turn = threading.Lock()
        self._running: Optional[int] = None
        self._over = False

    def may_restore(self) -> bool:
        """Whether there is a checkpoint, and a command to go on from it."""
        return bool(self._restore_command and self._path and os.path.exists(self._path))

    def restore(self) -> bool:
        """Runs the restore command if there is a checkpoint; whether the job goes on from one."""
        if not self._restore_command or not self._path or not self.may_restore():
            return False
        named = checkpoint_names(self._path, self._teller.job_id)
        self._teller.tell("restore.started", 0, named)
        began = time.monotonic()
        error = self._execute(self._restore_command, {names.CHECKPOINT_PATH: self._path}, RESTORE)
        data: Dict[str, Any] = {**named, "duration_seconds": round(time.monotonic() - began, 3)}
        if error:
            self._teller.tell("restore.failed", 0, {**data, "error": error})
        else:
            self._teller.tell("restore.succeeded", 0, data)
        return not error

    def checkpoint(self) -> bool:
        """Takes one checkpoint; whether it succeeded. The former one stays until the new one is whole."""
        command = self._checkpoint_command
        if not command:
            return False
        with self._turn:
            if self._over:
                return False
            self._number += 1
            taken_at, began = stamp(), time.monotonic()
            name = f"{self._teller.nonce}-{self._teller.attempt}-{self._number}"
            data: Dict[str, Any] = {"checkpoint_id": name, "taken_at": taken_at}
            self._teller.tell("checkpoint.started", self._number, data, at=taken_at)
            extra = {}
            if self._path:
                images.remove(self._path + images.NEXT)
                images.remove(self._path + images.TMP)
                extra = {names.CHECKPOINT_PATH: self._path, names.CHECKPOINT_TMP: self._path + images.TMP}
            error = self._execute(command, extra, DUMP)
            data["duration_seconds"] = round(time.monotonic() - began, 3)
            if not error:
                error = self._succeed(data)
            if error:
                self._teller.tell("checkpoint.failed", self._number, {**data, "error": error})
            return not error

    def stop(self) -> None:
        """Ends a checkpoint under way, since the job has ended; what was there before stays."""
        self._over = True
        running = self._running
        if running is not None:
            with contextlib.suppress(OSError):
                os.killpg(running, signal.SIGKILL)

    def set_child(self, child: int) -> None:
        """Tells the commands which process the job is."""
        self._environment = {**self._environment, names.CHILD_PID: str(child)}

    def pids(self) -> List[int]:
        """Processes of this engine, which are not orphans of the job."""
        running = self._running
        return [running] if running is not None else []

    def _succeed(self, data: Dict[str, Any]) -> Optional[str]:
        """Puts the new checkpoint in its place and tells of it; why that could not be."""
        kind, number, path, at = "checkpoint.succeeded", self._number, self._path, stamp()
        if not path:
            self._teller.tell(kind, number, data, at=at)
            return None
        fresh = path + images.TMP
        data["size_bytes"] = images.size_bytes(fresh if os.path.lexists(fresh) else path)
        images.stage_note(path, self._teller.note_checkpoint(number, data, at))
        try:
            images.put_in_place(path)
        except OSError as error:
            return f"the checkpoint was made, and could not be renamed to {path}: {error.strerror or error}"
        name = data["checkpoint_id"]
        self._teller.tell(kind, number, data, at=at, then=lambda: images.forget_untold(path, name))
        return None

    def _execute(self, command: str, extra: Mapping[str, str], log: str) -> Optional[str]:
        kept = self._diagnosis.is_on
        environment = {**self._environment, **extra}
        try:
            with tempfile.TemporaryFile() as complaints:
                error = self._wait(command, environment, complaints, kept)
                if kept:
                    self._diagnosis.write(log, f"{command}: {error or 'done'}", complaints)
                return error
        except OSError as error:
            return f"could not be run: {error.strerror or error}"

    def _wait(
        self, command: str, environment: Mapping[str, str], complaints: IO[bytes], keep_output: bool
    ) -> Optional[str]:
        try:
            pid = start_beside(command, environment, complaints.fileno(), keep_output=keep_output)
        except OSError as error:
            return f"could not be started: {error.strerror or error}"
        self._running = pid
        if self._over:
            self.stop()
        try:
            _, status = os.waitpid(pid, 0)
        finally:
            self._running = None
        if os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0:
            return None
        if self._over:
            return "the job ended before it was done"
        complaints.seek(max(0, complaints.seek(0, os.SEEK_END) - ERROR_LENGTH))
        tail = complaints.read(ERROR_LENGTH).decode("utf-8", "replace").strip()
        ended = os.WIFSIGNALED(status)
        how = f"signal {os.WTERMSIG(status)}" if ended else f"exit code {os.WEXITSTATUS(status)}"
        return f"{how}: {tail}" if tail else how


def checkpoint_names(path: str, job_id: str) -> Dict[str, Any]:
    """What a restore says of the checkpoint it goes on from; of another job's it says only whose it was."""
    note = images.read_note(path)
    if not note:
        return {}
    if note.get("job_id") != job_id:
        return {"continues_job_id": note.get("job_id"), "continues_checkpoint_id": note.get("checkpoint_id")}
    return {"checkpoint_id": note.get("checkpoint_id"), "checkpoint_taken_at": note.get("taken_at")}
