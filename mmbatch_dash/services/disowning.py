"""Leaving what a token or source told out of the figures, and taking that back, while the server runs."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from mmbatch_dash.domain.disowning import Disowned
from mmbatch_dash.domain.errors import InvalidInput, StoreUnavailable
from mmbatch_dash.domain.selection import Selection
from mmbatch_dash.metrics.summary import Blocks, summarize
from mmbatch_dash.services.journal_place import refuse_shared
from mmbatch_dash.services.reports import Reports
from mmbatch_dash.store.auth.audit import AuditEntry, AuditLog
from mmbatch_dash.store.disowned import read_disowned, write_disowned
from mmbatch_dash.store.fold import PricingSettings
from mmbatch_dash.store.fold.worker import FoldWorker
from mmbatch_dash.store.journal import Journal
from mmbatch_dash.store.preview import preview
from mmbatch_dash.store.projection import Projection

MOST_PREVIEWED_BYTES = 64 * 1024 * 1024
"""Journals beyond this are not folded for a preview: that would take minutes."""


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What a change would do.

    Attributes:
        entries: how many entries it is about.
        before: the figures of all jobs as they are.
        after: as they would be; None where the journal is too large to tell beforehand.
    """

    entries: int
    before: Blocks
    after: Blocks | None


class Disowning:
    """The list of what is disowned, and its changes; thread-safe."""

    def __init__(
        self,
        data_dir: Path,
        audit: AuditLog,
        journal: Journal,
        projection: Projection,
        worker: FoldWorker,
        reports: Reports,
        pricing: Callable[[], PricingSettings],
    ) -> None:
        self._data_dir = data_dir
        self._audit = audit
        self._journal = journal
        self._projection = projection
        self._worker = worker
        self._reports = reports
        self._pricing = pricing
        self._changing = Lock()
        self._previewing = Lock()

    def all(self) -> tuple[Disowned, ...]:
        """What is disowned, in the order it was."""
        return read_disowned(self._data_dir)

    def foresee(self, wanted: Disowned, *, undo: bool = False) -> Foreseen:
        """What a change would do; nothing is changed.

        Raises:
            InvalidInput: what is to be taken back is not on the list.
            StoreUnavailable: another such question is being answered.
        """
        then = changed(self.all(), wanted, undo=undo)
        if not self._previewing.acquire(blocking=False):
            raise StoreUnavailable("Another preview is being made; ask again when it is done.")
        try:
            small = self._journal.end <= MOST_PREVIEWED_BYTES
            found = preview(self._journal, self._pricing(), wanted, then, with_totals=small)
        finally:
            self._previewing.release()
        after = None if found.totals is None else summarize(found.totals.iloc[0])
        return Foreseen(found.entries, self._reports.summary(Selection()), after)

    def change(self, wanted: Disowned, *, undo: bool = False, who: str = "", address: str = "") -> tuple[Disowned, ...]:
        """The list after the change; the tables are made anew for it, those before stay on show until then.

        Args:
            wanted: whose entries.
            undo: take it back.
            who: wants it, for the audit log.
            address: of theirs.

        Raises:
            InvalidInput: what is to be taken back is not on the list.
        """
        refuse_shared(self._data_dir, "disown", "There nothing can be disowned yet.")
        with self._changing:
            before = self.all()
            after = changed(before, wanted, undo=undo)
            if after != before:
                write_disowned(self._data_dir, after)
                self._audit.add(AuditEntry("disown", who, address, detail=told(wanted, undo=undo)))
                self._projection.leave_out(after)
                self._worker.bump()
                self._worker.wake()
            return after


def told(wanted: Disowned, *, undo: bool) -> str:
    """What was done, in words."""
    return f"{'owned again' if undo else 'disowned'}: {wanted}"


def changed(disowned: tuple[Disowned, ...], wanted: Disowned, *, undo: bool) -> tuple[Disowned, ...]:
    """The list with something put on it, or taken off.

    Raises:
        InvalidInput: what is to be taken off is not on it.
    """
    if undo and wanted not in disowned:
        raise InvalidInput(f"{wanted} is not disowned; `disown` without more lists what is")
    if undo:
        return tuple(each for each in disowned if each != wanted)
    return disowned if wanted in disowned else (*disowned, wanted)
