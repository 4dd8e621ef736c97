"""What becomes of a segment once it is closed, beside the writer, who never waits for it.

Its heartbeats are thinned, its digest goes into the manifest, its file is compressed, it is looked at again from time
to time, and one day, if that is wanted, the events as they came are taken out of it.
"""

import logging
import os
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from mmbatch_dash.store.journal.file_journal import FileJournal
from mmbatch_dash.store.journal.frames import LEVEL_OF_OLD, digest_frames, write_frames
from mmbatch_dash.store.journal.manifest import STRIPPED, Closed
from mmbatch_dash.store.journal.stripping import Stripped
from mmbatch_dash.store.journal.thinning import Blanked, find_superfluous
from mmbatch_dash.store.journal.verify import verify_segment

LOG = logging.getLogger(__name__)

LOOK_SECONDS = 2.0
STRIP_LOOK_SECONDS = 10.0
SCRUB_SECONDS = 24 * 3600.0
SCRUB_PAUSE_SECONDS = 1.0
"""Rest between segments that are looked at again, so that reading them all takes nobody's disk away."""


def look_mark(folder: Path) -> Path:
    """The file in a journal's folder by which `check` beside a server asks it to look at every segment now."""
    return folder / "look.wanted"


class Keeper:
    """Looks after closed segments, in a thread of its own once started."""

    def __init__(
        self,
        journal: FileJournal,
        folded: Callable[[], int],
        originals_since: Callable[[], datetime | None] = lambda: None,
    ) -> None:
        """Looks after a journal.

        Args:
            journal: whose segments.
            folded: position up to which every line was read and found good or noted as damaged.
            originals_since: from when on events are kept as they came; None keeps all.
        """
        self._originals_since = originals_since
        self._journal = journal
        self._folded = folded
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="journal-keeper", daemon=True)

    def start(self) -> None:
        """Begins."""
        self._thread.start()

    def stop(self) -> None:
        """Finishes the segment under way and ends."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def close_segments(self) -> int:
        """Thins, lists and compresses the segments that are closed and folded; how many those were."""
        done = 0
        shelf = self._journal.shelf
        for start, stop in shelf.spans()[:-1]:
            if stop > self._folded() or self._stopping.is_set():
                break
            if shelf.plain(start).exists() and not self._journal.damage.touches(start, stop):
                done += self._close(start, stop)
        return done

    def strip_segments(self) -> int:
        """Takes the originals out of listed segments that were received too long ago; how many those were."""
        done = 0
        since = self._originals_since()
        for closed in self._journal.manifest.all() if since else ():
            if closed.end > self._folded() or self._stopping.is_set():
                break
            if closed.generation >= STRIPPED:
                continue
            received_at = self._journal.shelf.last_received_at(closed.start)
            if since is None or received_at is None or received_at >= since:
                break
            if not self._journal.damage.touches(closed.start, closed.end):
                done += self._strip(closed)
        return done

    def scrub(self, pause_seconds: float = 0.0) -> None:
        """Looks at every listed segment again and notes what is damaged."""
        for closed in self._journal.manifest.all():
            if self._stopping.wait(pause_seconds):
                return
            for damage in verify_segment(self._journal.shelf, closed, self._journal.form.sealed_from):
                self._journal.damage.note(damage)

    def _close(self, start: int, stop: int) -> bool:
        shelf, manifest = self._journal.shelf, self._journal.manifest
        plain, packed = shelf.plain(start), shelf.packed(start)
        known = manifest.get(start)
        with plain.open("rb") as lines:
            superfluous = find_superfluous(lines)
        temporary = packed.with_suffix(".tmp")
        with plain.open("rb") as file, temporary.open("wb") as target:
            source = Blanked(file, superfluous)
            write_frames(source, target)
            target.flush()
            os.fsync(target.fileno())
        made = (source.digest, source.length)
        if source.length != stop - start or (known and known.digest != source.digest):
            temporary.unlink()
            return False  # the next look at it, or its next reader, tells where it is damaged
        if digest_frames(temporary) != made:
            temporary.unlink()
            LOG.warning("Compressing %s gave something else; it stays as it is", plain.name)
            return False
        if not known:
            manifest.add(Closed(start, source.length, source.digest, generation=1 if superfluous else 0))
        temporary.replace(packed)
        plain.unlink()
        return True

    def _strip(self, closed: Closed) -> bool:
        shelf, manifest = self._journal.shelf, self._journal.manifest
        packed = shelf.packed(closed.start)
        temporary = packed.with_suffix(".tmp")
        source = Stripped(shelf, closed.start)
        with temporary.open("wb") as target:
            write_frames(source, target, LEVEL_OF_OLD)
            target.flush()
            os.fsync(target.fileno())
        made = (source.digest, source.length)
        if not closed.is_digest(source.digest_before) or source.length != closed.length:
            temporary.unlink()
            return False  # damaged since it was listed, which the next look at it tells
        if digest_frames(temporary) != made:
            temporary.unlink()
            LOG.warning("Compressing %s gave something else; it stays as it is", packed.name)
            return False
        # Whichever of the two files a crash leaves is one that the manifest knows.
        manifest.add(replace(closed, digest=source.digest_before, becomes=source.digest))
        temporary.replace(packed)
        shelf.plain(closed.start).unlink(missing_ok=True)
        manifest.add(replace(closed, digest=source.digest, generation=STRIPPED, becomes=""))
        LOG.info("%s keeps what %d events said, and no longer the events as they came", packed.name, source.removed)
        return True

    def _is_asked_to_look(self) -> bool:
        mark = look_mark(self._journal.shelf.plain(0).parent)
        try:
            mark.unlink()
        except FileNotFoundError:
            return False
        return True

    def _run(self) -> None:
        scrub_at = strip_at = time.monotonic() + SCRUB_PAUSE_SECONDS
        while not self._stopping.wait(LOOK_SECONDS):
            try:
                self.close_segments()
                if time.monotonic() >= strip_at:
                    self.strip_segments()
                    strip_at = time.monotonic() + STRIP_LOOK_SECONDS
                if self._is_asked_to_look() or time.monotonic() >= scrub_at:
                    self.scrub(SCRUB_PAUSE_SECONDS)
                    scrub_at = time.monotonic() + SCRUB_SECONDS
            except OSError as error:  # a full or lost disk; what is not done now is done later
                LOG.warning("Segments of the journal could not be looked after: %s", error)
