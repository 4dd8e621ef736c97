"""Which job and attempt this process belongs to, and what it was asked for."""

import os
import socket
from typing import Any, Dict, Mapping, NamedTuple, Optional

from mmbatch_dash.reporter import names


class Job(NamedTuple):
    """One attempt of one job.

    Attributes:
        job_id: as the server knows it: array child `id:index`, node of a multi-node job `id#index`.
        attempt: 1 for the first; None where nothing says which, and the mark of the run before decides.
        queue: short name of the queue, if known.
    """

    job_id: str
    attempt: Optional[int]
    queue: Optional[str]


def find_job(
    environment: Mapping[str, str],
    job_id: Optional[str] = None,
    attempt: Optional[int] = None,
    queue: Optional[str] = None,
) -> Optional[Job]:
    """The job of this process, as AWS Batch, the wrapper around it or the command line says; None if nobody does."""
    found = job_id or environment.get(names.JOB) or environment.get("AWS_BATCH_JOB_ID")
    if not found:
        return None
    if not job_id:
        found = _with_index(found, environment)
    told = attempt or _number(environment.get(names.ATTEMPT)) or _number(environment.get("AWS_BATCH_JOB_ATTEMPT"))
    name = queue or environment.get("AWS_BATCH_JQ_NAME") or None
    return Job(found, told, name.rsplit("/", 1)[-1] if name else None)


def _with_index(job_id: str, environment: Mapping[str, str]) -> str:
    array, node = environment.get("AWS_BATCH_JOB_ARRAY_INDEX"), environment.get("AWS_BATCH_JOB_NODE_INDEX")
    if array and ":" not in job_id:
        return job_id + ":" + array
    if node and "#" not in job_id:
        return job_id + "#" + node
    return job_id


def _number(text: Optional[str]) -> Optional[int]:
    return int(text) if text and text.isdigit() and int(text) > 0 else None


def host_name() -> str:
    """What to call this machine where no instance id is known."""
    return socket.gethostname() or "unknown-host"


def process_home() -> Dict[str, Any]:
    """Where this process lives: boot, process namespace and number tell whether it is still there."""
    home: Dict[str, Any] = {"pid": os.getpid(), "host": host_name()}
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            home["boot"] = file.read().strip()
        home["namespace"] = os.readlink("/proc/self/ns/pid")
        home["began"] = _process_start(os.getpid())
    except OSError:
        pass
    return home


def is_gone(home: Mapping[str, Any]) -> bool:
    """Whether a process of this very machine and namespace is known to be over; False where nobody can tell."""
    mine = process_home()
    if any(mine.get(key) != home.get(key) or mine.get(key) is None for key in ("boot", "namespace", "host")):
        return False
    pid = home.get("pid")
    if not isinstance(pid, int):
        return False
    try:
        return _process_start(pid) != home.get("began")
    except OSError:
        return True


def _process_start(pid: int) -> str:
    with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
        return file.read().rsplit(")", 1)[1].split()[19]
