"""Log files that nodes and jobs handed in, in `node_files/`: a folder a node, bounded in size, number and age.

Nothing of them is in the journal: they are read by people, and no figure hangs on them.
"""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, unquote

from mmbatch_dash.domain.errors import InvalidInput, NotFound, StoreUnavailable

LONGEST_NAME = 240
OF_JOBS = "jobs/"
"""Files of a job lie below this and its id, whichever node hands them in."""
PART = ".part"


class FileLimits(NamedTuple):
    """How much is kept.

    Attributes:
        file_bytes: of one file.
        node_bytes: of all files of a node; the oldest go first.
        age: since a file was handed in last.
        clean_every: time from one clean-up to the next.
    """

    file_bytes: int
    node_bytes: int
    age: timedelta
    clean_every: timedelta


class NodeFile(NamedTuple):
    """One file, as it lies there."""

    node_id: str
    path: str
    size_bytes: int
    modified_at: datetime


class NodeFiles:
    """The files of a data directory. Safe for threads; one process writes."""

    def __init__(
        self,
        folder: Path,
        limits: Callable[[], FileLimits],
        shortage: Callable[[], str | None] = lambda: None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Files below a folder.

        Args:
            folder: made with the first file.
            limits: what is kept now.
            shortage: why nothing more is stored, where the disk has no room to spare.
            clock: what time it is.
        """
        self._folder, self._limits, self._shortage, self._clock = folder, limits, shortage, clock
        self._mutex = threading.Lock()
        self._cleaned_at: datetime | None = None

    @property
    def limits(self) -> FileLimits:
        """What is kept now."""
        return self._limits()

    def put(self, node_id: str, path: str, content: bytes) -> None:
        """Keeps a file, in the place of the former one of that path.

        Raises:
            InvalidInput: the node or path cannot name a file.
            StoreUnavailable: the disk has no room.
        """
        place = self._place(node_id, path)
        if why := self._shortage():
            raise StoreUnavailable(why)
        part = place.with_name(place.name + PART)
        with self._mutex:
            try:
                place.parent.mkdir(parents=True, exist_ok=True)
                part.write_bytes(content)
                part.replace(place)
                now = self._clock().timestamp()
                os.utime(place, (now, now))
            except OSError as error:
                part.unlink(missing_ok=True)
                raise StoreUnavailable(f"The file could not be kept: {error.strerror or error}.") from None
            self._make_room(place)
            self._clean(at_once=False)

    def of_node(self, node_id: str) -> list[NodeFile]:
        """Files of a node by path; empty where there are none."""
        self._clean_now_and_then()
        return sorted(self._files(self._folder / _name(node_id)), key=lambda file: file.path)

    def of_job(self, job_id: str) -> list[NodeFile]:
        """Files of a job, of whichever nodes, by path."""
        self._clean_now_and_then()
        wanted = _name(f"{OF_JOBS}{job_id}/")
        found = [
            file
            for folder in self._nodes()
            for file in self._files(folder)
            if _name(file.path).startswith(wanted)
        ]  # fmt: skip
        return sorted(found, key=lambda file: (file.path, file.node_id))

    def read(self, node_id: str, path: str) -> bytes:
        """A whole file.

        Raises:
            InvalidInput: the node or path cannot name a file.
            NotFound: there is none, or it was too old.
        """
        self._clean_now_and_then()
        try:
            return self._place(node_id, path).read_bytes()
        except OSError:
            raise NotFound(
                f"Node {node_id!r} has handed in no file {path!r}, or it was older than node.maxLogAge."
            ) from None

    def _place(self, node_id: str, path: str) -> Path:
        clean = path.strip("/")
        if not clean or any(part in ("", ".", "..") for part in clean.split("/")):
            raise InvalidInput("must be the path of a file, such as var/log/pagent.log", field="path")
        folder, name = _name(node_id), _name(clean)
        if max(len(folder), len(name)) > LONGEST_NAME:
            raise InvalidInput(f"node and path may be {LONGEST_NAME} characters long each, as a URL", field="path")
        return self._folder / folder / name

    def _nodes(self) -> Iterator[Path]:
        with suppress(OSError):
            yield from sorted(self._folder.iterdir())

    def _files(self, folder: Path) -> Iterator[NodeFile]:
        with suppress(OSError):
            for entry in os.scandir(folder):
                if entry.name.endswith(PART):
                    continue
                with suppress(OSError):
                    status = entry.stat()
                    modified_at = datetime.fromtimestamp(status.st_mtime, UTC)
                    yield NodeFile(unquote(folder.name), unquote(entry.name), status.st_size, modified_at)

    def _make_room(self, fresh: Path) -> None:
        files = sorted(self._files(fresh.parent), key=lambda file: file.modified_at)
        total, most = sum(file.size_bytes for file in files), self._limits().node_bytes
        for file in files:
            if total <= most:
                return
            place = fresh.parent / _name(file.path)
            if place != fresh:
                place.unlink(missing_ok=True)
                total -= file.size_bytes

    def _clean_now_and_then(self) -> None:
        with self._mutex:
            self._clean(at_once=self._cleaned_at is None)

    def _clean(self, *, at_once: bool) -> None:
        now, limits = self._clock(), self._limits()
        if not at_once and self._cleaned_at is not None and now - self._cleaned_at < limits.clean_every:
            return
        self._cleaned_at = now
        for folder in self._nodes():
            for file in self._files(folder):
                if now - file.modified_at > limits.age:
                    (folder / _name(file.path)).unlink(missing_ok=True)
            with suppress(OSError):  # not empty
                folder.rmdir()


def _name(text: str) -> str:
    """One name in a folder for any text; dots are written otherwise, so that none leads elsewhere or hides."""
    return quote(text, safe="").replace(".", "%2E")
