"""Making a backup of a data directory, of a running server or a stopped one; nothing in it is changed."""

import io
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from mmbatch_dash.domain.errors import MmbatchDashError
from mmbatch_dash.services.backup.contents import Kept, Part, Record, read_record, record_names
from mmbatch_dash.services.backup.last import note_backup
from mmbatch_dash.services.backup.target import Target
from mmbatch_dash.services.bill import RECEIVING
from mmbatch_dash.services.journal_place import refuse_shared
from mmbatch_dash.settings import Settings
from mmbatch_dash.store.journal.copying import Copy, JournalCopy
from mmbatch_dash.store.lock import PRIVATE

LEFT_OUT = ("journal", "logs", "spill", "lock", "server.json", "backup.json")
"""What belongs to the running server, or is told by the rest."""
DERIVED = (".duckdb", ".wal", ".rebuilding", ".tmp", ".part", ".new", ".sock", ".lock")
"""Endings of what is made again from the rest, or is half written."""
KEPT_BACKUPS = 30


@dataclass(slots=True)
class Made:
    """What a backup did.

    Attributes:
        record: the backup.
        new_objects: objects written now; the others were there already.
        new_bytes: their size, compressed.
        removed: objects of old backups that nothing needs any more.
        warnings: what of the journal was damaged when it was copied, a sentence each.
    """

    record: Record
    new_objects: int = 0
    new_bytes: int = 0
    removed: int = 0
    warnings: list[str] = field(default_factory=list)


def make_backup(
    settings: Settings,
    target: Target,
    *,
    keep: int = KEPT_BACKUPS,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    progress: Callable[[int, int], None] = lambda done, end: None,
) -> Made:
    """Copies what `target` does not hold yet, reads back what was written, and then lists it all in a record.

    What was copied before an interruption is not copied again. The record comes last: a backup is whole or is none.

    Args:
        settings: where the data directory is.
        target: where the backup goes.
        keep: how many backups stay; objects that only older ones need are removed.
        clock: what time it is.
        progress: told journal bytes done, and in all.

    Raises:
        MmbatchDashError: there is nothing to back up, or the target cannot be used.
    """
    refuse_shared(settings.data_dir, "backup", "Back that database up by its own means, with point-in-time recovery.")
    if not settings.journal_dir.is_dir():
        raise MmbatchDashError(f"There is no journal at {settings.journal_dir}; name the folder with --data-dir.")
    os.umask(PRIVATE)
    made_at = clock()
    there = target.sizes()
    known = _known_parts(target, there)
    journal = JournalCopy(settings.journal_dir)
    writing = _Writing(target, there)
    warnings: list[str] = []
    parts: list[Part] = []
    for span in journal.spans:
        part = known.get((span.start, span.digest)) if span.digest else None
        if part is None or not writing.holds(part.object):
            part = _copy_part(journal, writing, span, warnings)
        if part:
            parts.append(part)
        progress(span.stop, journal.position)
    warnings += _holes(parts, journal.position)
    files = [_copy_file(settings.data_dir, path, writing) for path in files_of(settings.data_dir)]
    kept = tuple(each for each in files if each)
    record = Record(made_at, journal.position, journal.sealed_from, tuple(parts), kept)
    writing.verify(record)
    target.put(record.name, io.BytesIO(record.as_json()))
    made = Made(record, len(writing.written), writing.bytes, _prune(target, keep), warnings)
    note_backup(settings.data_dir, made_at, journal.position)
    return made


def files_of(data_dir: Path) -> list[Path]:
    """The files beside the journal that a backup holds, in order."""
    found = []
    for path in sorted(data_dir.rglob("*")):
        top = path.relative_to(data_dir).parts[0]
        if (
            top in LEFT_OUT
            or top.startswith(RECEIVING)
            or path.name.endswith(DERIVED)
            or path.is_symlink()
            or not path.is_file()
        ):
            continue
        found.append(path)
    return found


class _Writing:
    """Objects written now, by name, with the digest of what each must give back when it is read."""

    def __init__(self, target: Target, there: dict[str, int]) -> None:
        self._target = target
        self._there = there
        self.written: dict[str, str] = {}
        self.bytes = 0

    def holds(self, name: str) -> bool:
        """Whether an object is there already."""
        return name in self._there

    def put(self, name: str, file: Path) -> None:
        """Writes a file, if it is not there yet."""
        size = file.stat().st_size
        if self._there.get(name) == size:
            return
        with file.open("rb") as source:
            self._target.put(name, source)
        with file.open("rb") as source:
            self.written[name] = _digest(source)
        self._there[name] = size
        self.bytes += size

    def verify(self, record: Record) -> None:
        """Nothing, where what was written reads back as it was and everything else is there.

        Raises:
            MmbatchDashError: it does not, or is not.
        """
        there = self._target.sizes()
        missing = sorted(name for name in record.objects if there.get(name) != self._there.get(name))
        written = [(name, digest) for name, digest in self.written.items() if name not in missing]
        damaged = [name for name, digest in written if not self._reads(name, digest)]
        if missing or damaged:
            first = (missing + damaged)[0]
            raise MmbatchDashError(
                f"The backup did not pass its own check: {len(missing) + len(damaged)} objects are missing or differ, "
                f"first {first}. It is not listed as a backup; run it again."
            )

    def _reads(self, name: str, digest: str) -> bool:
        with self._target.open(name) as file:
            return _digest(file) == digest


def _known_parts(target: Target, there: dict[str, int]) -> dict[tuple[int, str], Part]:
    """The parts that the newest backup lists, by start and digest."""
    names = record_names(there)
    if not names:
        return {}
    return {(part.start, part.digest): part for part in read_record(target, names[-1]).parts}


def _copy_part(journal: JournalCopy, writing: _Writing, span: Copy, warnings: list[str]) -> Part | None:
    with tempfile.TemporaryDirectory(prefix="mmbatch-backup-") as folder:
        packed = journal.pack(span, Path(folder) / "part")
        if packed.length == 0:
            return None
        if packed.problem:
            warnings.append(f"{packed.file}: {packed.problem}; it is kept as it is")
        name = f"journal/{span.start:020d}-{packed.digest[:16]}.ndjson.zst"
        writing.put(name, packed.path)
    # What is damaged must not be listed as whole where it is restored.
    return Part(name, span.start, packed.length, packed.digest, None if packed.problem else span.generation)


def _holes(parts: list[Part], position: int) -> list[str]:
    ends = [0, *(part.start + part.length for part in parts)]
    starts = [*(part.start for part in parts), position]
    return [
        f"journal positions {end:,} to {start:,}: missing; the backup goes without them"
        for end, start in zip(ends, starts, strict=True)
        if end < start
    ]


def _copy_file(data_dir: Path, path: Path, writing: _Writing) -> Kept | None:
    with tempfile.TemporaryDirectory(prefix="mmbatch-backup-") as folder:
        # Taken aside first: what is being appended to must be the same when it is digested and when it is written.
        taken = Path(folder) / "file"
        try:
            shutil.copyfile(path, taken)
        except FileNotFoundError:
            return None  # removed since it was listed
        except OSError as error:
            raise MmbatchDashError(f"{path} cannot be read: {error.strerror or error}.") from None
        with taken.open("rb") as source:
            digest = _digest(source)
        name = f"files/{digest}"
        writing.put(name, taken)
    return Kept(name, path.relative_to(data_dir).as_posix(), digest)


def _prune(target: Target, keep: int) -> int:
    there = target.sizes()
    records = record_names(there)
    old = records[: -max(1, keep)]
    needed = set().union(*(read_record(target, name).objects for name in records[len(old) :]))
    unneeded = [name for name in there if name.startswith(("journal/", "files/")) and name not in needed]
    for name in (*old, *unneeded):
        target.remove(name)
    return len(old) + len(unneeded)


def _digest(file: BinaryIO) -> str:
    made = sha256()
    while piece := file.read(1 << 20):
        made.update(piece)
    return made.hexdigest()
