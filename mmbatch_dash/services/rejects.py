"""What was kept aside: listing, exporting, trying again."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import orjson

from mmbatch_dash.adapters.again import read_again
from mmbatch_dash.domain.errors import InvalidInput
from mmbatch_dash.domain.facts import Entry, Place
from mmbatch_dash.services.intake import Intake
from mmbatch_dash.store.database import Database
from mmbatch_dash.store.queries.rejects import Reject, count_rejects, fetch_rejects, fetch_rejects_by_id

PAGE = 500


@dataclass(frozen=True, slots=True)
class Retried:
    """What became of a retry: ids that entered, and id → reason of those that still do not."""

    entered: list[str]
    refused: dict[str, str]


class Rejects:
    """The list of what was kept aside."""

    def __init__(self, database: Database, intake: Intake, read_line: Callable[[int], bytes | None]) -> None:
        """The list in the database; `read_line` gives the journal's line at a position."""
        self._database = database
        self._intake = intake
        self._read_line = read_line

    def count(self) -> int:
        """How many are on the list."""
        with self._database.cursor() as cursor:
            return count_rejects(cursor)

    def page(self, *, limit: int = PAGE, after: str | None = None, settled: bool = False) -> list[Reject]:
        """A page of the list, oldest first; `after` is the reject_id of the last one seen."""
        with self._database.cursor() as cursor:
            return fetch_rejects(cursor, limit=limit, after=after, settled=settled)

    def export(self) -> Iterator[bytes]:
        """All of the list as NDJSON lines."""
        self._database.require()
        return self._lines()

    def _lines(self) -> Iterator[bytes]:
        after = None
        while page := self.page(after=after):
            yield b"".join(orjson.dumps(reject.as_dict()) + b"\n" for reject in page)
            after = page[-1].reject_id

    def retry(self, reject_ids: list[str]) -> Retried:
        """Reads what was kept aside again, as after an upgrade that understands it; what passes enters.

        Raises:
            StoreUnavailable: the journal cannot take them now.
        """
        with self._database.cursor() as cursor:
            found = {reject.reject_id: reject for reject in fetch_rejects_by_id(cursor, reject_ids)}
        refused = {reject_id: "is not on the list" for reject_id in reject_ids if reject_id not in found}
        read: dict[str, list[Entry]] = {}
        for reject_id, reject in found.items():
            place = Place(reject.place, reject.door, reject.file, reject.options)
            try:
                entries = read_again(reject.door, reject.raw, reject.options)
            except InvalidInput as refusal:
                refused[reject_id] = str(refusal)
            else:
                read[reject_id] = [entry._replace(place=place) for entry in entries]
        conflicts: dict[int, str] = {}
        for reject_id, entries in read.items():
            # In the name of whoever told it, so that it is held against what that one told before.
            receipt = self._intake.take(entries, self._teller(found[reject_id]))
            conflicts |= {id(rejection.raw): rejection.error for rejection in receipt.rejected}
        for reject_id, entries in read.items():
            if error := next((conflicts[id(entry.raw)] for entry in entries if id(entry.raw) in conflicts), None):
                refused[reject_id] = error
        entered = [reject_id for reject_id in read if reject_id not in refused]
        self._intake.settle(entered, "entered")
        return Retried(entered, refused)

    def _teller(self, reject: Reject) -> str:
        line = self._read_line(reject.position)
        return str(orjson.loads(line).get("by", "")) if line else ""

    def dismiss(self, reject_ids: list[str]) -> None:
        """Takes rejects off the list for good; the journal keeps them."""
        self._intake.settle(reject_ids, "dismissed")


def export_name(now: datetime) -> str:
    """File name of an export: what and when."""
    return f"rejects-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}.ndjson"
