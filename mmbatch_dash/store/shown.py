"""The tables that are shown, and those being made anew beside them when the shown ones are of other making or damaged.

Two files take turns: what is made anew goes into the one that is free and is shown when it has caught up with the
journal. Nothing that knows more is given up for it: see `Shown.settle`.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Lock

import duckdb

from mmbatch_dash.domain.disowning import Disowned
from mmbatch_dash.store.compaction import Halt
from mmbatch_dash.store.database import Access, Database, is_damage, set_meta
from mmbatch_dash.store.digest import projection_digest, reading_digest
from mmbatch_dash.store.disowned import mark_of
from mmbatch_dash.store.fold.fold import Fold
from mmbatch_dash.store.fold.settings import PricingSettings
from mmbatch_dash.store.fold.write import RETIRE_AT
from mmbatch_dash.store.journal import Journal
from mmbatch_dash.store.shipped import load_shipped
from mmbatch_dash.store.table_files import TableFile, choose_files, count_events, remove_file, set_aside

LOG = logging.getLogger(__name__)

NEAR_BYTES = 1 << 20
"""What may be left to fold when tables made anew are shown: under load there is always some."""
OLD_MEMORY_LIMIT = "300MB"
LESS = (
    "The journal gives {found:,} of the {known:,} events that the tables are made from, so the tables before stay as "
    "they are; {meanwhile}. Restore the journal from a backup, or let "
    "`python -m mmbatch_dash rebuild --accept-loss` show what is left."
)
STANDS_STILL = "new events are kept and not shown"
GOES_ON = "new events are shown as before"
NEW_DAMAGED = "The new tables were damaged while they were made, so those before stay as they are; the log says more."


@dataclass(frozen=True, slots=True)
class Rebuild:
    """A making anew under way.

    Attributes:
        share: of the journal that is done, 0 to 1.
        shown_at: when the tables that are shown meanwhile were last brought up to date; None where there are none.
    """

    share: float
    shown_at: datetime | None


class Shown:
    """Tables, and the fold that keeps them.

    Attributes:
        database: what is shown; the same object whichever file that is.
        fold: brings the tables that are shown, or those being made anew, up to the journal.
        on_suspicion: called when a question found the file damaged; `settle` then deals with it.
    """

    def __init__(
        self,
        path: Path,
        journal: Journal,
        pricing: PricingSettings,
        *,
        anew: bool = False,
        accept_loss: bool = False,
        retire_at: int = RETIRE_AT,
        disowned: Sequence[Disowned] = (),
        remove_before: datetime | None = None,
    ) -> None:
        """Opens the tables, and begins to make them anew where they cannot be used.

        Args:
            path: of their file.
            journal: what they are made from.
            pricing: the settings in force.
            anew: make them anew though they could be used.
            accept_loss: show what is made anew even where it knows less.
            retire_at: how many ended jobs stay among the live ones.
            disowned: entries to leave out; tables made without other ones are made anew.
            remove_before: time before which jobs that ended leave the lists; None keeps all.

        Raises:
            StoreUnavailable: another process holds the file.
        """
        self._path = path
        self._journal = journal
        self._suspect: Exception | None = None
        self._accept_loss = accept_loss
        self._lock = Lock()
        self._copying = Lock()
        self._halt: Halt | None = None
        self._closing = False
        # The tables that a copy or what was asked for is to replace; they are gone back to where that fails.
        self._before: Database | None = None
        self._compacts = False
        self._refused = ""
        self._loss: tuple[int, int] | None = None
        self._made_by = projection_digest() + mark_of(disowned)
        files = choose_files(path, journal.end, self._made_by, anew=anew)
        self._old = files.old
        self._leaves_out_other = files.old is not None and not _leaves_out(files.old.made_by, disowned)
        self.database = Database(path, access=Access.NOTHING)
        if files.old is not None:
            if files.old.end is not None:
                journal.go_on_from(files.old.end)
            if files.old.readable:
                self.database.show(Database(files.old.path, access=Access.READ, memory_limit=OLD_MEMORY_LIMIT))
        self._made = self._open(files.current or files.fresh)
        self._building = files.current is None
        if not self._building:
            self.database.show(self._made)
        elif journal.end:
            LOG.warning("The tables are made anew from the journal: %s.", files.reason)
        self.fold = Fold(
            self._made, journal, pricing, retire_at=retire_at, disowned=disowned, remove_before=remove_before
        )
        self.fold.on_caught_up = self.settle
        self.database.on_damage = self._suspect_damage
        self.on_suspicion: Callable[[], None] = lambda: None

    def rebuild(self) -> Rebuild | None:
        """How far making the tables anew is; None where that is done or given up."""
        if not self._building or self._compacts or self._loss:
            return None
        end = self._journal.end
        shown = self._old.at if self._old and self._old.readable else None
        return Rebuild(min(1.0, self.fold.position / end) if end else 1.0, shown)

    def degraded(self) -> tuple[str, ...]:
        """Why tables made anew are not shown, as a sentence; empty where they are."""
        return (LESS.format(found=self._loss[0], known=self._loss[1], meanwhile=STANDS_STILL),) if self._loss else ()

    def settle(self) -> bool:
        """Shows the tables made anew once they have caught up; whether what is shown changed.

        They are not shown in the place of tables that hold more events, unless that was asked for. Tables that the
        present program cannot read are no use on show: their file is set aside.
        """
        if self._suspect is not None:
            self.distrust(self._suspect)
            return True
        with self._lock:
            if not self._building or self._journal.end - self.fold.position > NEAR_BYTES or self.fold.pending():
                return False
            if self._compacts and self._old is not None and self.fold.position < (self._old.end or 0):
                return False
            # Where other entries are left out than before, there are more or fewer, and only damage is a loss.
            comparable = not self._leaves_out_other or self._journal.damage.count
            if self._old is not None and not self._accept_loss and comparable:
                with self._made.cursor() as cursor:
                    found = count_events(cursor)
                self._loss = (found, self._old.events) if found < self._old.events else None
                if self._loss and self._before is not None:
                    self._refused = LESS.format(found=found, known=self._old.events, meanwhile=GOES_ON)
                    LOG.warning(self._refused)
                    self._go_back()
                    return True
                if self._loss and self._old.readable:
                    return False
            cursor = self._made.open_cursor()
            with self._made.write_lock:
                set_meta(cursor, "ready", "1")
            cursor.close()
            self.database.show(self._made)
            self._building = False
            if self._old is not None and self._loss:
                set_aside(self._old.path, "kept")
            elif self._old is not None:
                remove_file(self._old.path)
            LOG.info(
                "The tables are copied together and shown." if self._compacts else "The tables are made anew and shown."
            )
            self._old = self._loss = self._before = None
            self._compacts = self._accept_loss = False
            return True

    def distrust(self, error: Exception) -> None:
        """Begins to make the tables anew where an error says that their file is damaged."""
        if not is_damage(error):
            return
        with self._alone():
            self._suspect = None
            if self._before is not None:
                LOG.error("The new tables in %s are damaged: %s. Those before stay.", self._made.path, error)
                self._refused = "" if self._compacts else NEW_DAMAGED
                self._go_back()
                return
            LOG.error("The tables in %s are damaged: %s. They are made anew.", self._made.path, error)
            damaged = self._made
            if not self._building:
                self.database.abandon()
            damaged.abandon()
            set_aside(damaged.path, "damaged")
            files = choose_files(self._path, self._journal.end, self._made_by)
            self._made, self._building = self._open(files.fresh), True
            self.fold.move_to(self._made)

    def stop_copying(self) -> None:
        """Gives up a copy under way, and begins no other: the server ends."""
        self._closing = True
        if (halt := self._halt) is not None:
            halt.ask()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """The lock of whoever changes the files, with no copy under way: one that is, is stopped."""
        while not self._copying.acquire(timeout=0.1):
            if (halt := self._halt) is not None:
                halt.ask()
        try:
            with self._lock:
                yield
        finally:
            self._copying.release()

    def _go_back_from_copy(self) -> None:
        if self._compacts:
            self._go_back()

    def _go_back(self) -> None:
        """Goes on with the tables that are shown, instead of those that were to replace them."""
        if (before := self._before) is None:
            return
        unwanted, self._made, self._building = self._made, before, False
        self.fold.move_to(before)
        unwanted.abandon()
        remove_file(unwanted.path)
        self._generation -= 1
        self._old = self._loss = self._before = None
        self._compacts = False

    def close(self) -> None:
        """Writes everything out and closes."""
        self.stop_copying()
        with self._alone(), suppress(duckdb.Error):  # of a copy that is not wanted any more
            self._go_back_from_copy()
        self.fold.close()
        self.database.close()
        if self._building:
            self._made.close()

    def _suspect_damage(self, error: Exception) -> None:
        # A question of a reader's thread found it; whoever folds deals with it.
        self._suspect = error
        self.on_suspicion()

    def _open(self, file: TableFile) -> Database:
        self._generation = file.generation
        database = Database(file.path)
        cursor = database.open_cursor()
        with database.write_lock:
            for name, value in (("digest", self._made_by), ("reading", reading_digest())):
                set_meta(cursor, name, value)
            if not file.events:
                set_meta(cursor, "ready", str(int(file.ready)))
                set_meta(cursor, "generation", str(file.generation))
        cursor.close()
        load_shipped(database)
        return database


def _leaves_out(made_by: str | None, disowned: Sequence[Disowned]) -> bool:
    """Whether tables leave out these entries and no others."""
    return f"-{(made_by or '').partition('-')[2]}" == (mark_of(disowned) or "-")
