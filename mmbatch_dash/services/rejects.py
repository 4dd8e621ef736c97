"""What was kept aside: listing, exporting, trying again."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import orjson

from mmbatch_dash.adapters.cloudevents import read_event
from mmbatch_dash.domain.errors import InvalidInput
from mmbatch_dash.domain.facts import Entry
from mmbatch_dash.services.intake import Intake
from mmbatch_dash.store.database import Database
from mmbatch_dash.store.queries.rejects import Reject, count_rejects, fetch_rejects, fetch_rejects_by_id

PAGE = 500
EVENT_DOORS = ("http", "events")


@dataclass(frozen=True, slots=True)
class Retried:
    """What became of a retry: ids that entered, and id → reason of those that still do not."""

    entered: list[str]
    refused: dict[str, str]


class Rejects:
    """The list of what was kept aside."""

    def __init__(self, database: Database, intake: Intake) -> None:
        self._database = database
        self._intake = intake

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
        after = None
        while page := self.page(after=after):
            yield b"".join(orjson.dumps(reject.as_dict()) + b"\n" for reject in page)
            after = page[-1].reject_id

    def retry(self, reject_ids: list[str]) -> Retried:
        """Reads rejected events again, as after an upgrade that understands them; those that pass enter.

        Lines of imported files are tried again by importing the corrected file.

        Raises:
            StoreUnavailable: the journal cannot take them now.
        """
        with self._database.cursor() as cursor:
            found = {reject.reject_id: reject for reject in fetch_rejects_by_id(cursor, reject_ids)}
        refused = {reject_id: "is not on the list" for reject_id in reject_ids if reject_id not in found}
        entries: dict[str, Entry] = {}
        for reject_id, reject in found.items():
            try:
                entries[reject_id] = _read_again(reject)
            except InvalidInput as error:
                refused[reject_id] = str(error)
        receipt = self._intake.take(entries.values())
        if receipt.rejected:
            conflicting = {conflict.id for conflict in receipt.rejected}
            for reject_id in [key for key, entry in entries.items() if entry.id in conflicting]:
                refused[reject_id] = receipt.rejected[0].error
                del entries[reject_id]
        self._intake.settle(list(entries), "entered")
        return Retried(list(entries), refused)

    def dismiss(self, reject_ids: list[str]) -> None:
        """Takes rejects off the list for good; the journal keeps them."""
        self._intake.settle(reject_ids, "dismissed")


def _read_again(reject: Reject) -> Entry:
    if reject.door not in EVENT_DOORS or reject.raw is None:
        raise InvalidInput("came from an imported file; correct the file and import it again")
    try:
        return read_event(orjson.loads(reject.raw))
    except orjson.JSONDecodeError as error:
        raise InvalidInput(f"is not JSON: {error.msg}") from None


def export_name(now: datetime) -> str:
    """File name of an export: what and when."""
    return f"rejects-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}.ndjson"
