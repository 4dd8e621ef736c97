"""Copying a journal out of a data directory while a server writes to it, and making one from such copies."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from mmbatch_dash.store.journal.damage import Damage
from mmbatch_dash.store.journal.format import AcknowledgedNote, note_format, read_format
from mmbatch_dash.store.journal.frames import FramedFile, digest_frames, write_frames
from mmbatch_dash.store.journal.manifest import Closed, Manifest
from mmbatch_dash.store.journal.shelf import Shelf
from mmbatch_dash.store.journal.verify import verify_journal

ATTEMPTS = 3
"""A segment may be compressed or thinned while it is copied; the next attempt then finds the new file."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A stretch of the journal to copy: one segment, the last one as far as it was acknowledged.

    Attributes:
        start: journal position of its first byte.
        stop: journal position after it.
        digest: as the manifest has it; empty where the segment is not listed yet.
        generation: as the manifest has it; None where the segment is not listed yet.
    """

    start: int
    stop: int
    digest: str
    generation: int | None


@dataclass(frozen=True, slots=True)
class Packed:
    """A compressed copy.

    Attributes:
        path: the copy.
        file: name of the segment's file.
        length: how many bytes of the journal it holds; 0 where the segment is missing.
        digest: SHA-256 of them.
        problem: what is wrong with the segment, or empty.
    """

    path: Path
    file: str
    length: int
    digest: str
    problem: str = ""


class JournalCopy:
    """A journal as it is now, up to the last acknowledged byte.

    Attributes:
        position: where it ends.
        sealed_from: position from which on its lines have checksums.
        spans: what it consists of.
    """

    def __init__(self, folder: Path) -> None:
        """Looks at what is there.

        Raises:
            StoreUnavailable: a newer program wrote it.
        """
        self._folder = folder
        form = read_format(folder)
        self._shelf = Shelf(folder)
        manifest = Manifest(folder)
        acknowledged = max(AcknowledgedNote(folder).read(), manifest.end)
        self.position = acknowledged or self._shelf.whole_lines()
        # A segment begun since is behind the position, and of no concern.
        self._shelf.end = max(self.position, self._shelf.starts[-1] if self._shelf.starts else 0)
        self.sealed_from = form.sealed_from if form else self.position
        self.spans = list(self._spans(manifest))

    def pack(self, copy: Copy, path: Path) -> Packed:
        """A compressed copy of a stretch, written to `path`."""
        for _ in range(ATTEMPTS):
            packed = self._pack(copy, path)
            listed = Manifest(self._folder).get(copy.start)
            if listed is None or copy.generation is None:
                return packed if packed.length == copy.stop - copy.start else replace(packed, problem="cut off")
            if packed.length == listed.length and listed.is_digest(packed.digest):
                return packed
        return replace(packed, problem="its digest is not that of the manifest")

    def _spans(self, manifest: Manifest) -> Iterator[Copy]:
        spans = [(start, min(stop, self.position)) for start, stop in self._shelf.spans()]
        spans = [(start, stop) for start, stop in spans if start < stop]
        for start, stop in spans:
            closed = manifest.get(start)
            yield Copy(start, stop, closed.digest if closed else "", closed.generation if closed else None)

    def _pack(self, copy: Copy, path: Path) -> Packed:
        packed = self._shelf.packed(copy.start)
        file = self._shelf.name(copy.start)
        if packed.exists() and not self._shelf.plain(copy.start).exists():
            shutil.copyfile(packed, path)
            digest, length = digest_frames(path)
            return Packed(path, file, length, digest)
        source = _Stretch(self._shelf, copy.start, copy.stop - copy.start)
        with path.open("wb") as target:
            length = write_frames(source, target)
        return Packed(path, file, length, source.digest.hexdigest())


class JournalDraft:
    """A journal in the making, from compressed copies."""

    def __init__(self, folder: Path, *, sealed_from: int) -> None:
        """Begins in a new folder."""
        folder.mkdir(parents=True)
        self._folder = folder
        self._shelf = Shelf(folder, end=0)
        self._manifest = Manifest(folder)
        note_format(folder, sealed_from)

    def add(self, source: BinaryIO, start: int, length: int, digest: str, generation: int | None) -> bool:
        """Writes a copy as the segment at `start`; False where it does not hold what it should."""
        packed = self._shelf.packed(start)
        with packed.open("wb") as target:
            shutil.copyfileobj(source, target, 1 << 20)
            target.flush()
            os.fsync(target.fileno())
        if digest_frames(packed) != (digest, length):
            return False
        if generation is not None:
            self._manifest.add(Closed(start, length, digest, generation))
            return True
        # The one that was being written goes on being written, so it is no longer compressed.
        framed = FramedFile(packed)
        with self._shelf.plain(start).open("wb") as plain:
            plain.write(framed.read(0, length))
            plain.flush()
            os.fsync(plain.fileno())
        framed.close()
        packed.unlink()
        return True

    def finish(self, position: int) -> tuple[Damage, ...]:
        """Notes where the journal ends; what of it cannot be read."""
        note = AcknowledgedNote(self._folder)
        note.write(position)
        note.close()
        return verify_journal(self._folder).damage


class _Stretch:
    """Bytes of a segment as a file to read once, digested on the way."""

    def __init__(self, shelf: Shelf, start: int, length: int) -> None:
        self._shelf = shelf
        self._start = start
        self._length = length
        self._read = 0
        self.digest = sha256()

    def read(self, count: int) -> bytes:
        """The next bytes; none at the end."""
        piece = self._shelf.read(self._start, self._read, min(count, self._length - self._read))
        self.digest.update(piece)
        self._read += len(piece)
        return piece
