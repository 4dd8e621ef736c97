"""Checkpoints on disk: their size, the note beside them that names them, and replacing one by its successor.

A note is written before its checkpoint takes its place and takes its own right after, and it carries the checkpoint's
event until a spool has it: a kill at any moment leaves no checkpoint without its name, and none that nobody tells of.
"""

import contextlib
import json
import os
import shutil
import threading
from pathlib import Path
from typing import Any, Dict, Mapping, Optional

NOTE = ".mmbatch.json"
NEXT = NOTE + ".next"
"""A note whose checkpoint is whole, and may not be in its place yet."""
TMP = ".mmbatch-tmp"
FORMER = ".mmbatch-former"
OURS = (NOTE, NEXT, TMP, FORMER, ".part")
UNTOLD = "untold"
_NOTES = threading.Lock()


def read_note(path: str) -> Dict[str, Any]:
    """What is told of the checkpoint at a path: checkpoint_id, job_id, attempt, taken_at; empty where nothing is."""
    try:
        value = json.loads(Path(path + NOTE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def write_note(path: str, told: Mapping[str, Any]) -> None:
    """Names the checkpoint at a path, for whoever restores it; before its event is told, so that none is unnamed."""
    with _NOTES:
        _write(path, NOTE, told)


def stage_note(path: str, told: Mapping[str, Any]) -> None:
    """Names the checkpoint that is whole at the temporary path, if there is one, or else at the path itself."""
    _write(path, NEXT, told)


def forget_untold(path: str, checkpoint_id: Any) -> None:
    """Takes the event out of a note, since a spool has it; nothing happens where a later checkpoint lies by now."""
    with _NOTES:
        told = read_note(path)
        if UNTOLD in told and told.get("checkpoint_id") == checkpoint_id:
            del told[UNTOLD]
            _write(path, NOTE, told)


def _write(path: str, suffix: str, told: Mapping[str, Any]) -> None:
    part = path + suffix + ".part"
    try:
        Path(part).write_text(json.dumps(dict(told)), encoding="utf-8")
        os.replace(part, path + suffix)
    except OSError:
        # A checkpoint without a name is told as one; under the name of another it would be told wrongly.
        remove(part)
        remove(path + suffix)


def size_bytes(path: str) -> Optional[int]:
    """Bytes of a file, or of all files below a folder; None where there is neither."""
    try:
        if not os.path.isdir(path):
            return os.stat(path).st_size
        return sum(os.lstat(os.path.join(folder, name)).st_size for folder, _, files in os.walk(path) for name in files)
    except OSError:
        return None


def put_in_place(path: str) -> None:
    """Renames what lies at the temporary path to the path itself, and its note to the note; the former one goes last.

    Raises:
        OSError: it could not be renamed; the former checkpoint and its note are still there.
    """
    try:
        _put_in_place(path)
    except OSError:
        remove(path + NEXT)
        raise
    with _NOTES:
        try:
            os.replace(path + NEXT, path + NOTE)
        except OSError:
            remove(path + NOTE)
    remove(path + FORMER)


def _put_in_place(path: str) -> None:
    fresh = path + TMP
    if not os.path.lexists(fresh):
        return
    if not os.path.isdir(path):
        os.replace(fresh, path)
        return
    former = path + FORMER
    remove(former)
    os.rename(path, former)
    try:
        os.rename(fresh, path)
    except OSError:
        os.rename(former, path)
        raise


def recover(path: str) -> None:
    """Ends what a kill left half done: a whole checkpoint takes its place, a folder moved aside comes back.

    Raises:
        OSError: something could not be renamed.
    """
    if os.path.lexists(path + NEXT):
        put_in_place(path)
    former = path + FORMER
    if os.path.lexists(former) and not os.path.lexists(path):
        os.rename(former, path)


def remove(path: str) -> None:
    """Takes a file or folder away; nothing happens where there is none."""
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path, ignore_errors=True)
        return
    with contextlib.suppress(OSError):
        os.unlink(path)
