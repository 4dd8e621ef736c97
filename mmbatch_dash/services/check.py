"""`check`: everything in a data directory looked at, of a running server or a stopped one; nothing is changed by it."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from mmbatch_dash.adapters.pool_openness import warn_of
from mmbatch_dash.domain.errors import MmbatchDashError, StoreUnavailable
from mmbatch_dash.services.journal_place import refuse_shared
from mmbatch_dash.settings import Settings
from mmbatch_dash.store.config.store import ConfigStore
from mmbatch_dash.store.digest import projection_digest
from mmbatch_dash.store.journal.damage import HEALED, Damage, DamageBook
from mmbatch_dash.store.journal.keeper import look_mark
from mmbatch_dash.store.journal.manifest import STRIPPED, Manifest
from mmbatch_dash.store.journal.verify import Verified, verify_journal
from mmbatch_dash.store.lock import DataLock, hold
from mmbatch_dash.store.table_files import inspect_files


@dataclass(slots=True)
class Checked:
    """What a check found.

    Attributes:
        journal: what was found of the journal.
        served: whether another process held the data directory meanwhile.
        problems: what is damaged, a sentence each, in order; empty where everything is whole.
        notes: what is worth knowing and no damage.
    """

    journal: Verified
    served: bool
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def check_data(settings: Settings, progress: Callable[[int, int], None] = lambda done, end: None) -> Checked:
    """Looks at journal, tables and configuration.

    Args:
        settings: where they are.
        progress: told journal bytes looked at, and in all.

    Raises:
        MmbatchDashError: there is nothing that could be checked, or it cannot be read.
    """
    refuse_shared(settings.data_dir, "check", "A damaged row is told by /readyz and on every page when it is read.")
    if not settings.journal_dir.is_dir():
        raise MmbatchDashError(f"There is no journal at {settings.journal_dir}; name the folder with --data-dir.")
    lock = _try_to_hold(settings)
    try:
        try:
            journal = verify_journal(settings.journal_dir, progress)
        except OSError as error:
            raise MmbatchDashError(f"The journal cannot be read: {error.strerror or error}.") from None
        checked = Checked(journal, served=lock is None)
        _check_journal(settings, checked, stopped=lock is not None)
        if lock:
            _check_tables(settings, checked)
        _check_config(settings, checked)
        return checked
    finally:
        if lock:
            lock.release()


def _try_to_hold(settings: Settings) -> DataLock | None:
    try:
        return hold(settings.data_dir)
    except StoreUnavailable:
        return None


def _check_journal(settings: Settings, checked: Checked, *, stopped: bool) -> None:
    journal = checked.journal
    book = DamageBook(settings.journal_dir)
    healed = [
        Damage(known.file, known.position, known.length, known.line, HEALED)
        for known in book.places
        if not any(found.position < known.end and known.position < found.end for found in journal.damage)
    ]
    if stopped:  # a running server finds it by itself, and its file is its own
        book.replace([*journal.damage, *healed], journal.more)
    elif journal.damage:  # sooner than at its daily look
        with suppress(OSError):
            look_mark(settings.journal_dir).touch()
    checked.problems += [str(damage) for damage in (*journal.damage, *healed)]
    if journal.more:
        checked.problems.append(f"… and {journal.more:,} more places of the journal")
    stripped = [closed for closed in Manifest(settings.journal_dir).all() if closed.generation >= STRIPPED]
    if stripped:
        checked.notes.append(
            f"{len(stripped):,} segments, {sum(closed.length for closed in stripped):,} bytes, hold what events said "
            "and no longer the events as they came (`retention.journal`)"
        )
    if journal.unverified_bytes:
        checked.notes.append(
            f"{journal.unverified_bytes:,} bytes were written by version 0.1, without checksums: readable, unverified"
        )


def _check_tables(settings: Settings, checked: Checked) -> None:
    found = inspect_files(settings.store_file)
    if not found:
        checked.notes.append("there are no tables yet; the next start makes them from the journal")
    for file in found:
        if isinstance(file, str):
            checked.problems.append(f"{file}; the next start makes the tables anew from the journal")
            continue
        if file.ready and not (file.made_by or "").startswith(projection_digest()):
            checked.notes.append(f"{file.path.name}: another version made the tables; the next start makes them anew")
        if (file.end or 0) > checked.journal.end:
            more = (file.end or 0) - checked.journal.end
            checked.problems.append(
                f"{file.path.name}: the tables show {more:,} bytes more than the journal holds, as after "
                "restoring an older journal; the next start keeps them"
            )


def _check_config(settings: Settings, checked: Checked) -> None:
    if not settings.config_file.exists():
        return
    try:
        config = ConfigStore(settings.data_dir)
    except (MmbatchDashError, OSError) as error:
        checked.problems.append(f"config.yaml: {error}")
        return
    if warned := warn_of(config.current().security.cognito).text:
        checked.notes.append(warned)
    if problem := config.problem:
        checked.problems.append(f"config.yaml is refused and the one before is in force: {problem}")
