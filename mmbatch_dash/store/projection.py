"""Tables that are made anew or copied while they are shown: somebody asks for it, or the disk does."""

import logging
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from mmbatch_dash.domain.disowning import Disowned
from mmbatch_dash.store.compaction import LEAST_GAIN_BYTES, CopyStopped, Halt, Room, copy_tables, read_room
from mmbatch_dash.store.database import Database
from mmbatch_dash.store.digest import projection_digest
from mmbatch_dash.store.disowned import mark_of
from mmbatch_dash.store.shown import Rebuild, Shown
from mmbatch_dash.store.table_files import TableFile, count_events, other_name, remove_file

__all__ = ["Projection", "Rebuild"]

LOG = logging.getLogger(__name__)


class Projection(Shown):
    """Tables, the fold that keeps them, and what is done with them while they are shown."""

    def leave_out(self, disowned: Sequence[Disowned]) -> None:
        """Begins to make the tables anew without other entries; those that are shown stay on show until then."""
        with self._alone():
            self._go_back_from_copy()
            self._made_by = projection_digest() + mark_of(disowned)
            self.fold.leave_out(disowned, self._begin_anew)
            LOG.warning("The tables are made anew from the journal: other entries are disowned now.")

    def make_anew(self, *, accept_loss: bool = False) -> bool:
        """Begins to make the tables anew because somebody asks for it; False where that is under way already.

        Those that are shown are kept up no longer, and stay on show; they stay for good where the new ones know less.

        Args:
            accept_loss: show the new ones even then.
        """
        with self._alone():
            if self._building and not self._compacts:
                self._accept_loss = self._accept_loss or accept_loss
                return False
            self._go_back_from_copy()
            self._refused, self._accept_loss = "", accept_loss
            self._journal.damage.replace(())  # all of it is read now, and what is damaged is found again
            self.fold.change_tables(self._begin_again)
            LOG.warning("The tables are made anew from the journal: it was asked for.")
            return True

    def refused(self) -> str:
        """Why the tables that were last asked for did not take the place of those before; empty where they did."""
        return self._refused

    def room(self) -> Room | None:
        """How the file of the tables is filled; None while it is made anew or copied."""
        with self._lock:
            return None if self._building else read_room(self._made)

    def write_out(self, least_bytes: int) -> None:
        """Writes the file's log into it where that is so large: until then it is not known what the file has free."""
        with self._lock:
            log = self._made.path.with_name(f"{self._made.path.name}.wal")
            if not self._building and log.exists() and log.stat().st_size >= least_bytes:
                self._made.checkpoint()

    def compact(self, spare_bytes: int, *, least_bytes: int = LEAST_GAIN_BYTES) -> bool:
        """Copies the tables into a new file where that gives much of the disk back; whether it did.

        What is shown is kept up with the journal while the copy is made; then the copy is, and is shown once it has
        caught up. The old file is as good as before until then, whatever happens.

        Args:
            spare_bytes: how much of the disk may be used for it.
            least_bytes: what is to be gained at least.
        """
        with self._copying:
            room = None if self._closing else self.room()
            if room is None or not room.is_worth_it(least_bytes) or room.needed_bytes > spare_bytes:
                return False
            halt = self._halt = Halt()
            source, generation = self._made, self._generation + 1
            target = other_name(self._path, source.path)
            try:
                remove_file(target)
                copy_tables(source, target, generation, halt)
                with self._lock:
                    halt.check()
                    self.fold.change_tables(lambda: self._begin_copy(target, generation))
            except (CopyStopped, duckdb.Error, OSError) as error:
                with self._lock:
                    self._go_back_from_copy()
                with suppress(OSError):  # the next start clears it away
                    remove_file(target)
                LOG.warning(
                    "The tables could not be copied into a smaller file: %s", str(error) or "something else came first"
                )
                return False
            finally:
                self._halt = None
            LOG.info("The tables are copied: %d bytes with %d of them free before.", room.file_bytes, room.free_bytes)
            return True

    def compacts(self) -> bool:
        """Whether the tables are being copied into a new file."""
        return self._compacts or self._halt is not None

    def _begin_copy(self, target: Path, generation: int) -> Database:
        with self._made.cursor() as cursor:
            events = count_events(cursor)
        made, end = self._made, self.fold.position
        copy = self._open(TableFile(target, self._made_by, False, generation, events=events))
        self._old = TableFile(made.path, self._made_by, True, generation - 1, True, events, end, datetime.now(UTC))
        self._before, self._made, self._building, self._compacts = made, copy, True, True
        self._leaves_out_other, self._loss = False, None
        return copy

    def _begin_anew(self) -> Database:
        """The file of new tables: in the place of those being made, or beside those that are shown."""
        made = self._made
        if self._building:
            made.abandon()
            remove_file(made.path)
            free = made.path
        else:
            with made.cursor() as cursor:
                events = count_events(cursor)
            shown_at, end = datetime.now(UTC), self.fold.position
            self._old = TableFile(made.path, self._made_by, True, self._generation, True, events, end, shown_at)
            free = other_name(self._path, made.path)
        # There may now be fewer of them, and that is no loss.
        self._leaves_out_other, self._loss, self._suspect = True, None, None
        self._made, self._building = self._open(TableFile(free, self._made_by, False, self._generation + 1)), True
        return self._made

    def _begin_again(self) -> Database:
        before = self._made
        made = self._begin_anew()
        self._before, self._leaves_out_other = before, False
        return made
