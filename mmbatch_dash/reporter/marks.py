"""Marks: a run's sign of life beside the spool, so that whoever comes next can tell how it ended."""

import contextlib
import json
import os
from pathlib import Path
from typing import Any, Dict, Iterator, NamedTuple, Optional

from mmbatch_dash.reporter.spool import safe_name

ALIVE_SECONDS = 5.0
LAST_WORDS = ".last"


class Mark(NamedTuple):
    """One run of one attempt, as its mark tells.

    Attributes:
        path: its file.
        told: job_id, attempt, nonce, source, home, alive_at, last_checkpoint_at, checkpoint_path, noticed.
    """

    path: Path
    told: Dict[str, Any]

    @property
    def attempt(self) -> int:
        """Which attempt it was."""
        attempt = self.told.get("attempt")
        return attempt if isinstance(attempt, int) else 0

    def save(self, **changes: Any) -> None:
        """Renews the mark, whole or not at all; a disk that does not take it is no trouble of the job."""
        self.told.update(changes)
        part = self.path.with_suffix(f".part{os.getpid()}")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            part.write_text(json.dumps(self.told), encoding="utf-8")
            part.replace(self.path)
        except OSError:
            pass

    def end(self) -> None:
        """Takes the mark away: its run told its own end."""
        for path in (self.path, self.path.with_suffix(LAST_WORDS)):
            with contextlib.suppress(OSError):
                path.unlink()


def new_mark(root: Path, job_id: str, nonce: str) -> Mark:
    """The mark of a run, not written yet."""
    return Mark(root / "marks" / safe_name(job_id) / (nonce + ".json"), {"job_id": job_id, "nonce": nonce})


def marks_of(root: Path, job_id: Optional[str] = None) -> Iterator[Mark]:
    """Marks that lie there, of one job or of all; unreadable ones are passed over."""
    folder = root / "marks"
    try:
        jobs = [folder / safe_name(job_id)] if job_id else sorted(folder.iterdir())
    except OSError:
        return
    for job in jobs:
        try:
            files = sorted(path for path in job.iterdir() if path.suffix == ".json")
        except OSError:
            continue
        for path in files:
            try:
                told = json.loads(path.read_text(encoding="utf-8"))
            except (OSError, ValueError):
                continue
            if isinstance(told, dict) and isinstance(told.get("job_id"), str):
                yield Mark(path, told)


def last_words(mark: Mark) -> Optional[str]:
    """When the job itself last told something under that run; its mark is the wrapper's alone to write."""
    try:
        return mark.path.with_suffix(LAST_WORDS).read_text(encoding="ascii") or None
    except (OSError, ValueError):
        return None


def note_words(root: Path, job_id: str, nonce: str, at: str) -> None:
    """Remembers that the job told something at an instant, so that its end is not put before it."""
    path = root / "marks" / safe_name(job_id) / (nonce + LAST_WORDS)
    part = path.with_suffix(f".words{os.getpid()}")
    with contextlib.suppress(OSError):
        if path.with_suffix(".json").exists():
            part.write_text(at, encoding="ascii")
            part.replace(path)


def last_attempt(root: Path, job_id: str) -> int:
    """The highest attempt that a run of this job was seen in on this spool, 0 if none was."""
    try:
        return int((root / "marks" / safe_name(job_id) / "last-attempt").read_text(encoding="ascii"))
    except (OSError, ValueError):
        return 0


def note_attempt(root: Path, job_id: str, attempt: int) -> None:
    """Remembers the attempt for a machine that says attempt 1 every time, or none."""
    path = root / "marks" / safe_name(job_id) / "last-attempt"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(str(max(attempt, last_attempt(root, job_id))), encoding="ascii")
    except OSError:
        pass
