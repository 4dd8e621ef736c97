"""Checkpoints on disk: their size, the note beside them that names them, and replacing one by its successor."""

import contextlib
import json
import os
import shutil
from pathlib import Path
from typing import Any, Dict, Mapping, Optional

NOTE = ".mmbatch.json"
TMP = ".mmbatch-tmp"


def read_note(path: str) -> Dict[str, Any]:
    """What is told of the checkpoint at a path: checkpoint_id, job_id, attempt, taken_at; empty where nothing is."""
    try:
        value = json.loads(Path(path + NOTE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def write_note(path: str, told: Mapping[str, Any]) -> None:
    """Names the checkpoint at a path, for whoever restores it; before its event is told, so that none is unnamed."""
    try:
        part = Path(path + NOTE + ".part")
        part.write_text(json.dumps(dict(told)), encoding="utf-8")
        part.replace(path + NOTE)
    except OSError:
        pass


def size_bytes(path: str) -> Optional[int]:
    """Bytes of a file, or of all files below a folder; None where there is neither."""
    try:
        if not os.path.isdir(path):
            return os.stat(path).st_size
        return sum(os.lstat(os.path.join(folder, name)).st_size for folder, _, files in os.walk(path) for name in files)
    except OSError:
        return None


def put_in_place(path: str) -> None:
    """Renames what lies at the temporary path to the path itself; the former one goes only when the new one is there.

    Raises:
        OSError: it could not be renamed; the former checkpoint is still there.
    """
    fresh = path + TMP
    if not os.path.lexists(fresh):
        return
    if not os.path.isdir(path):
        os.replace(fresh, path)
        return
    former = path + ".mmbatch-former"
    remove(former)
    os.rename(path, former)
    try:
        os.rename(fresh, path)
    except OSError:
        os.rename(former, path)
        raise
    remove(former)


def recover(path: str) -> None:
    """Puts a folder back that was moved aside just before its successor could take its place."""
    former = path + ".mmbatch-former"
    if os.path.lexists(former) and not os.path.lexists(path):
        os.rename(former, path)


def remove(path: str) -> None:
    """Takes a file or folder away; nothing happens where there is none."""
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path, ignore_errors=True)
        return
    with contextlib.suppress(OSError):
        os.unlink(path)
