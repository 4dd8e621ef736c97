"""For jobs that tell their own checkpoints: a context manager, and words for restores and other events.

Nothing in here raises into the job, except what the job's own code raises inside `checkpoint`.
"""

import os
import time
import uuid
from contextlib import contextmanager, suppress
from typing import Any, Dict, Iterator, Mapping, Optional

from mmbatch_dash.reporter import images, names
from mmbatch_dash.reporter.dead_runs import tell_untold
from mmbatch_dash.reporter.engine import checkpoint_names
from mmbatch_dash.reporter.events import build_event, job_identity, stamp
from mmbatch_dash.reporter.marks import note_words
from mmbatch_dash.reporter.sender import Sender
from mmbatch_dash.reporter.server import Server
from mmbatch_dash.reporter.spool import Spool, find_spool
from mmbatch_dash.reporter.who import Job, find_job, host_name

SEND_SECONDS = 2.0


@contextmanager
def checkpoint(path: Optional[str] = None, checkpoint_id: Optional[str] = None) -> Iterator[None]:
    """Tells that what the block saves is a checkpoint: when it began, how long it took, how large it is.

    Args:
        path: the file or folder that is written; what is noted beside it names the checkpoint to `restored`.
        checkpoint_id: its name; made up if not given.
    """
    told: Dict[str, Any] = {"checkpoint_id": checkpoint_id or uuid.uuid4().hex[:16], "taken_at": stamp()}
    began = time.monotonic()
    tell("checkpoint.started", told, send=False)
    try:
        yield
    except BaseException as error:
        told["duration_seconds"] = round(time.monotonic() - began, 3)
        tell("checkpoint.failed", {**told, "error": f"{type(error).__name__}: {error}"})
        raise
    told["duration_seconds"] = round(time.monotonic() - began, 3)
    finish_checkpoint(told, path)


def finish_checkpoint(told: Mapping[str, Any], path: Optional[str], **whom: Any) -> bool:
    """Notes a checkpoint beside its file and tells that it succeeded; whether that is on disk or sent.

    Args:
        told: its fields so far; `checkpoint_id` and `taken_at` name it.
        path: where it lies; it has no note without one.
        whom: as for `tell`.
    """
    if not path:
        return tell("checkpoint.succeeded", told, **whom)
    return tell("checkpoint.succeeded", {**told, "size_bytes": images.size_bytes(path)}, note_path=path, **whom)


def restored(path: Optional[str] = None, *, duration_seconds: float = 0.0) -> None:
    """Tells that this attempt goes on from the checkpoint at a path.

    Args:
        path: the checkpoint, as given to `checkpoint`.
        duration_seconds: how long the restore took, up to now.
    """
    job = find_job(os.environ)
    named = checkpoint_names(path, job.job_id) if path and job else {}
    if path and job:
        take_up(path)
    tell("restore.succeeded", {**named, "duration_seconds": round(duration_seconds, 3)})


def event(kind: str, **data: Any) -> None:
    """Tells any event of the vocabulary about this job, such as `event("job.usage", cpu_seconds=12.5)`."""
    tell(kind[len("mmbatch.") :] if kind.startswith("mmbatch.") else kind, data)


def tell(
    kind: str,
    data: Mapping[str, Any],
    *,
    environment: Optional[Mapping[str, str]] = None,
    send: bool = True,
    job: Optional[Job] = None,
    server: Optional[Server] = None,
    note_path: Optional[str] = None,
) -> bool:
    """Puts one event into the spool and gives it a moment to leave; whether it is on disk or sent.

    Args:
        kind: its type without the prefix.
        data: its fields.
        environment: what names the job, the spool and the server; this process's own if not given.
        send: whether it is given that moment.
        job: whose it is, where the environment does not say it.
        server: whom to send it to, likewise.
        note_path: the checkpoint that it tells of; a note beside it carries the event until the spool has it.
    """
    try:
        told = os.environ if environment is None else environment
        return _tell(kind, dict(data), told, send, job or find_job(told), server, note_path)
    except Exception:  # noqa: BLE001 - a fault in here is never the job's
        return False


def take_up(path: str, environment: Optional[Mapping[str, str]] = None) -> None:
    """Tells of the checkpoint at a path, if the process that made it did not come to it."""
    told = os.environ if environment is None else environment
    with suppress(Exception):
        job = find_job(told)
        tell_untold(Spool(find_spool(told), job.job_id if job else host_name()), path)


def _tell(
    kind: str,
    fields: Dict[str, Any],
    environment: Mapping[str, str],
    send: bool,
    job: Optional[Job],
    server: Optional[Server],
    note_path: Optional[str],
) -> bool:
    if job is not None and not kind.startswith(("instance.", "node.", "price.")):
        fields = {"job_id": job.job_id, "attempt": job.attempt or 1, **fields}
        if kind == "job.submitted":
            del fields["attempt"]
    owner = job.job_id if job else host_name()
    nonce = environment.get(names.RUN) or "script"
    identity = job_identity(owner, (job.attempt if job else None) or 1, nonce, kind, uuid.uuid4().hex[:16])
    spool = Spool(find_spool(environment), owner)
    event = build_event(kind, "reporter/" + host_name(), identity, fields)
    if note_path and job:
        _note(note_path, job, event, environment)
    kept = spool.put(event)
    if kept and note_path:
        images.forget_untold(note_path, fields.get("checkpoint_id"))
    if job and environment.get(names.RUN):
        note_words(spool.root, job.job_id, nonce, str(event["time"]))
    if environment.get(names.RUN) and server is None:
        return kept  # the wrapper around us looks after the spool
    if send:
        url = environment.get(names.SERVER)
        chosen = server or (Server(url, names.read_token(environment)) if url else None)
        sender = Sender(spool, chosen)
        sender.start()
        return sender.flush(SEND_SECONDS) or kept
    return kept


def _note(path: str, job: Job, event: Dict[str, Any], environment: Mapping[str, str]) -> None:
    told = event["data"]
    note = {"checkpoint_id": told.get("checkpoint_id"), "taken_at": told.get("taken_at"), "finished_at": event["time"]}
    note.update(job_id=job.job_id, attempt=job.attempt or 1, run=environment.get(names.RUN))
    images.write_note(path, {**note, images.UNTOLD: event})
