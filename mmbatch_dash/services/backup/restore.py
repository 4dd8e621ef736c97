"""A data directory made from a backup, in a new place; nothing else is needed for it."""

import io
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from mmbatch_dash.domain.errors import MmbatchDashError
from mmbatch_dash.services.backup.contents import Kept, Record, read_record, record_names
from mmbatch_dash.services.backup.target import Target
from mmbatch_dash.settings import Settings
from mmbatch_dash.store.journal.copying import JournalDraft
from mmbatch_dash.store.lock import PRIVATE


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored.

    Attributes:
        record: the backup.
        damage: what of its journal cannot be read, a sentence each.
    """

    record: Record
    damage: tuple[str, ...]


def restore_backup(
    settings: Settings,
    target: Target,
    *,
    name: str | None = None,
    progress: Callable[[int, int], None] = lambda done, end: None,
) -> Restored:
    """Makes the data directory from the newest backup, or the one named; every object is checked against its digest.

    Args:
        settings: the data directory to make; it must not exist, or be empty.
        target: where the backups are.
        name: the record of another backup than the newest: `backups/….json`, or the time in it.
        progress: told journal bytes done, and in all.

    Raises:
        MmbatchDashError: the place is taken, there is no such backup, or an object of it is missing or damaged.
    """
    os.umask(PRIVATE)
    data_dir = settings.data_dir
    if data_dir.exists() and (not data_dir.is_dir() or any(data_dir.iterdir())):
        raise MmbatchDashError(f"{data_dir} holds something already; a backup is restored into a new folder only.")
    record = read_record(target, _choose(target, name))
    draft = data_dir.with_name(f"{data_dir.name}.restoring")
    if draft.exists():
        shutil.rmtree(draft)
    try:
        draft.mkdir(parents=True)
        damage = _restore_journal(target, record, draft / settings.journal_dir.name, progress)
        for kept in record.files:
            _restore_file(target, kept, draft)
        if data_dir.exists():
            data_dir.rmdir()
        draft.replace(data_dir)
    except OSError as error:
        raise MmbatchDashError(f"{data_dir} cannot be written: {error.strerror or error}.") from None
    return Restored(record, damage)


def _choose(target: Target, name: str | None) -> str:
    names = record_names(target.sizes())
    if not names:
        raise MmbatchDashError("There is no backup there: no record under backups/.")
    if name is None:
        return names[-1]
    matching = [each for each in names if name in each]
    if len(matching) != 1:
        known = ", ".join(each.removeprefix("backups/").removesuffix(".json") for each in names[-5:])
        raise MmbatchDashError(f"{name!r} names {len(matching)} of the {len(names)} backups; the newest are {known}.")
    return matching[0]


def _restore_journal(
    target: Target, record: Record, folder: Path, progress: Callable[[int, int], None]
) -> tuple[str, ...]:
    draft = JournalDraft(folder, sealed_from=record.sealed_from)
    for part in record.parts:
        with target.open(part.object) as source:
            whole = draft.add(source, part.start, part.length, part.digest, part.generation)
        if not whole:
            raise _damaged(part.object)
        progress(part.start + part.length, record.position)
    return tuple(str(damage) for damage in draft.finish(record.position))


def _restore_file(target: Target, kept: Kept, draft: Path) -> None:
    path = draft / kept.path
    if not path.resolve().is_relative_to(draft.resolve()):
        raise MmbatchDashError(f"The backup names a file outside the data directory: {kept.path}.")
    with target.open(kept.object) as source:
        content = source.read()
    if sha256(content).hexdigest() != kept.digest:
        raise _damaged(kept.object)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        shutil.copyfileobj(io.BytesIO(content), file)


def _damaged(name: str) -> MmbatchDashError:
    return MmbatchDashError(
        f"The backup's object {name} is damaged. Nothing was restored; name an older backup with --backup, "
        "or restore from another copy."
    )
