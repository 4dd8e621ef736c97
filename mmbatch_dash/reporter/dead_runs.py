"""What a run could not tell because it was killed: its last checkpoint, and its end. Told by whoever comes next."""

from typing import Any, Dict

from mmbatch_dash.reporter import images
from mmbatch_dash.reporter.events import end_of_dead_run
from mmbatch_dash.reporter.marks import Mark, last_words
from mmbatch_dash.reporter.spool import Spool


def tell_untold(spool: Spool, path: str) -> bool:
    """Puts the event that a note still carries into the spool; whether there was one.

    The run that made the checkpoint may have told it and been killed before it could note that: the same event again.
    """
    note = images.read_note(path)
    event = note.get(images.UNTOLD)
    if not isinstance(event, dict) or not spool.put(event):
        return False
    images.forget_untold(path, note.get("checkpoint_id"))
    return True


def tell_end(spool: Spool, mark: Mark) -> bool:
    """Tells the end of a run that is known to be over, and its last checkpoint; whether the spool took it."""
    told: Dict[str, Any] = dict(mark.told)
    path = told.get("checkpoint_path")
    if isinstance(path, str):
        tell_untold(spool, path)
        note = images.read_note(path)
        if note.get("run") == told.get("nonce"):
            _be_later(told, note.get("finished_at"))
    _be_later(told, last_words(mark))
    if not spool.put(end_of_dead_run(told)):
        return False
    mark.end()
    return True


def _be_later(told: Dict[str, Any], at: Any) -> None:
    if isinstance(at, str):
        told["last_checkpoint_at"] = max(at, str(told.get("last_checkpoint_at") or ""))
