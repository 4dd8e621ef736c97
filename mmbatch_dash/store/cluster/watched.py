"""Documents of a cluster kept at hand: a thread asks for changes, so that no request waits for the database."""

import logging
import threading
import time
from collections.abc import Callable
from itertools import count

from mmbatch_dash.domain.errors import StoreUnavailable
from mmbatch_dash.store.cluster.documents import PostgresDocuments, PostgresLog
from mmbatch_dash.store.documents.interface import Kept, Outdated
from mmbatch_dash.store.documents.sessions import SessionTable

LOG = logging.getLogger(__name__)
LOOK_SECONDS = 0.25
STALE_SECONDS = 5.0
"""What was read holds so long while the database cannot be asked; then nobody is let in until it can."""


class WatchedDocuments:
    """Shared documents, as a server reads them: from memory. Safe for threads.

    Attributes:
        look_seconds: how late changes of other servers are seen.
        sessions: of people who signed in on any server.
    """

    look_seconds = LOOK_SECONDS
    sessions: SessionTable | None

    def __init__(self, documents: PostgresDocuments, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Begins to watch.

        Args:
            documents: the shared ones; closed with this.
            monotonic: tells how old is what was read.
        """
        self._documents = documents
        self.sessions = documents.sessions
        self._monotonic = monotonic
        self._held: dict[str, Kept | None] = {}
        self._own = count(1)
        self._count = 0
        self._read_at = monotonic()
        self._mutex = threading.Lock()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="documents", daemon=True)
        self._thread.start()

    def changes(self) -> int | None:
        """Another number once any document was changed, here or elsewhere; None where that cannot be told now."""
        return self._count if self._monotonic() - self._read_at < STALE_SECONDS else None

    def look(self) -> None:
        """Nothing: the thread looks."""

    def version(self, name: str) -> str | None:
        """The version of a document."""
        kept = self.read(name)
        return None if kept is None else kept.version

    def read(self, name: str) -> Kept | None:
        """A document, as it was a moment ago."""
        if name not in self._held:
            self._pull(name)
        elif (age := self._monotonic() - self._read_at) >= STALE_SECONDS:
            raise StoreUnavailable(
                f"{self.place(name)} cannot be read since {age:.0f} s. Nobody is let in until it can; try again soon."
            )
        return self._held[name]

    def write(self, name: str, content: bytes, expected: str | None) -> str:
        """Swaps a document, in the database and here."""
        try:
            version = self._documents.write(name, content, expected)
        except Outdated:
            self._pull(name)
            raise
        with self._mutex:
            self._take(name, Kept(content, version))
        return version

    def history(self, name: str) -> list[bytes] | None:
        """Every version of a document that there was, oldest first."""
        return self._documents.history(name)

    def place(self, name: str) -> str:
        """Its name, and the database."""
        return self._documents.place(name)

    def log(self, name: str) -> PostgresLog:
        """The log of that name."""
        return self._documents.log(name)

    def close(self) -> None:
        """Stops watching, and closes the connections."""
        self._stopping.set()
        self._thread.join()
        self._documents.close()

    def _run(self) -> None:
        away = False
        while not self._stopping.wait(LOOK_SECONDS):
            try:
                self._pull()
                away = False
            except StoreUnavailable as error:
                if not away:
                    LOG.warning("Changes of other servers are not seen: %s", error)
                away = True
            except Exception:  # the next look tries again; the log says what was wrong
                LOG.exception("Changes of other servers are not seen")

    def _pull(self, *more: str) -> None:
        """Takes what is new, of the documents that were asked for and of `more`."""
        began_at = self._monotonic()
        known = {name: kept.version if kept else "" for name, kept in list(self._held.items())}
        newer = self._documents.read_newer(dict.fromkeys(more, "") | known)
        with self._mutex:
            for name in more:
                self._held.setdefault(name, None)
            for name, kept in newer.items():
                self._take(name, kept)
            self._read_at = max(self._read_at, began_at)

    def _take(self, name: str, kept: Kept) -> None:
        held = self._held.get(name)
        # What was read before a change of our own may arrive after it.
        if held is None or int(kept.version) > int(held.version):
            self._held[name] = kept
            self._count = next(self._own)
