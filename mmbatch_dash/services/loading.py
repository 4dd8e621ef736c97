"""Moving from one machine to many: the journal of a data directory → the shared one."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from hashlib import blake2b

import orjson

from mmbatch_dash.domain.errors import MmbatchDashError
from mmbatch_dash.settings import Settings
from mmbatch_dash.store.cluster.journal import PostgresJournal
from mmbatch_dash.store.cluster.postgres import Postgres
from mmbatch_dash.store.journal import FileJournal
from mmbatch_dash.store.journal.checksum import seal
from mmbatch_dash.store.journal.records import Record, recognition_key
from mmbatch_dash.store.lock import hold

AT_ONCE_BYTES = 4 * 1024 * 1024


@dataclass(slots=True)
class Loaded:
    """What became of the lines.

    Attributes:
        new: how many are new there.
        known: how many say what had been told before.
        damaged_places: how many places could not be read.
    """

    new: int = 0
    known: int = 0
    damaged_places: int = 0


def load_journal(
    settings: Settings, postgres: Postgres, progress: Callable[[int, int], None] = lambda done, end: None
) -> Loaded:
    """Appends every line as it is, with when it was received and who told it.

    Args:
        settings: of the data directory.
        postgres: the shared database.
        progress: told journal bytes done, and in all.

    Raises:
        MmbatchDashError: there is no journal.
        StoreUnavailable: a server holds the directory, or the database cannot be asked.
    """
    if not settings.journal_dir.is_dir():
        raise MmbatchDashError(f"There is no journal at {settings.journal_dir}.")
    with ExitStack() as stack:
        stack.enter_context(hold(settings.data_dir))
        source = FileJournal(settings.journal_dir)
        stack.callback(source.close)
        target = PostgresJournal(postgres)
        stack.callback(target.close)
        loaded, position = Loaded(), 0
        while (stretch := source.read(position, AT_ONCE_BYTES)).end > position:
            records = list(_records(stretch.data))
            result = target.append(records)
            loaded.new += result.accepted
            loaded.known += result.duplicates + len(result.conflicts)
            position = stretch.end
            progress(position, source.end)
        loaded.damaged_places = source.damage.count
        return loaded


def _records(data: bytes) -> Iterator[Record]:
    for text in data.split(b"\n"):
        if not text.strip():
            continue  # room that something damaged or superfluous left
        told, line = orjson.loads(text), text + b"\n"
        if "crc" not in told:  # of version 0.1
            line = seal(line)
        if "identity" in told:
            identity, by = int(told["identity"]), told.get("by", "")
            yield Record(recognition_key(identity, by), int(told["digest"]), line, identity if by else 0)
        else:  # recognised as a whole, should loading it be interrupted and begin again
            yield Record(int.from_bytes(blake2b(text, digest_size=8).digest(), "big") or 1, 1, line)
