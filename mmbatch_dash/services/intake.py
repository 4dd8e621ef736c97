"""Taking in: entries and rejections of any door → the journal. Answers once they are on disk."""

from collections.abc import Callable, Iterable, Iterator
from copy import copy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from threading import Lock

from mmbatch_dash.domain.errors import InvalidInput
from mmbatch_dash.domain.facts import Entry, Rejection
from mmbatch_dash.domain.identity import CallerKind, Identity
from mmbatch_dash.domain.teller import Teller
from mmbatch_dash.services.arrivals import Arrivals
from mmbatch_dash.store.journal import Journal
from mmbatch_dash.store.journal.records import Record, entry_record, rejection_record, settled_record

CONFLICT = (
    "The same source and id came before with other content; the earlier one stands. Give the event an id of its own."
)
SIMULATED_SOURCE = "mmbatch.demo/"
MIXED = {
    True: "this server shows a simulated fleet and takes no real events; start one without demo for them",
    False: f"events of {SIMULATED_SOURCE} are simulated and never enter a real store",
}
CHUNK = 20_000
IMPORT_COMMAND = "command:import"
"""Who tells where a command imports, in the store or by the private socket of the server that holds it."""


@dataclass(slots=True)
class Receipt:
    """What became of what was taken in.

    Attributes:
        accepted: new entries on disk.
        duplicates: entries recognised as repeats.
        rejected: what was kept aside.
        end: journal position after it.
    """

    accepted: int = 0
    duplicates: int = 0
    rejected: list[Rejection] = field(default_factory=list)
    end: int = 0


def name_teller(identity: Identity, address: str | None) -> str:
    """Who tells, as the journal names them: token:nightly, local:ana, or the address of somebody unknown.

    A command that asks a running server is the command that it would be without one.
    """
    if identity.kind is CallerKind.OWNER:
        return IMPORT_COMMAND
    if identity.kind in (CallerKind.TOKEN, CallerKind.LOCAL, CallerKind.COGNITO):
        return f"{identity.kind.value}:{identity.name}"
    return f"address:{address}"


class Intake:
    """The one way into the journal.

    Attributes:
        arrivals: what came through which door in the last hour.
    """

    def __init__(
        self,
        journal: Journal,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        *,
        simulated: bool = False,
        by: str = "",
    ) -> None:
        """Opens the way in; a simulated fleet's journal takes simulated events only, any other takes none of them.

        Args:
            journal: what it leads to.
            clock: what time it is.
            simulated: whether it is that of a simulated fleet.
            by: who tells what comes in, where `take` is not told.
        """
        self._journal = journal
        self._clock = clock
        self._simulated = simulated
        self._teller = Teller(by)
        self._counting = Lock()
        self.arrivals = Arrivals()
        self._taken = {"accepted": 0, "duplicate": 0, "rejected": 0}

    def of(self, by: str | Teller) -> "Intake":
        """The same way in for one who tells: `sync`, `command:import`; it counts together with this one."""
        other = copy(self)
        other._teller = by if isinstance(by, Teller) else Teller(by)
        return other

    def counts(self) -> dict[str, int]:
        """How many events were accepted, were duplicates and were rejected since the start."""
        with self._counting:
            return dict(self._taken)

    @property
    def end(self) -> int:
        """Journal position after everything taken in so far."""
        return self._journal.end

    def take(self, items: Iterable[Entry | Rejection], by: str | Teller = "") -> Receipt:
        """Appends all items in one step: either all of them are on disk afterwards or none.

        Args:
            items: what was read.
            by: who tells it: token:nightly, local:ana, address:10.0.0.7; what they may not tell is kept aside.

        Raises:
            StoreUnavailable: the journal cannot take them now; nothing was stored.
        """
        now = self._clock()
        teller = (by if isinstance(by, Teller) else Teller(by)) if by else self._teller
        name, bound = teller.name, teller.is_bound
        entries: list[Entry] = []
        rejected: list[Rejection] = []
        places: list[int] = []
        records: list[Record] = []
        for place, item in enumerate(items):
            if isinstance(item, Rejection):
                rejected.append(item)
                continue
            try:
                if item.source.startswith(SIMULATED_SOURCE) is not self._simulated:
                    raise InvalidInput(MIXED[self._simulated], field="source")
                if bound:
                    item = teller.check(item)
                records.append(entry_record(item, now, name))
            except InvalidInput as error:
                rejected.append(_refused(item, str(error), place))
                continue
            entries.append(item)
            places.append(place)
        records += [rejection_record(rejection, now, name) for rejection in rejected]
        if not records:
            return Receipt(end=self._journal.end)
        result = self._journal.append(records)
        conflicts = [_refused(entries[n], CONFLICT, places[n]) for n in result.conflicts]
        end = result.end
        if conflicts:
            end = self._journal.append([rejection_record(conflict, now, name) for conflict in conflicts]).end
        self.arrivals.note(entries, name, now)
        receipt = Receipt(result.accepted - len(rejected), result.duplicates, rejected + conflicts, end)
        with self._counting:
            self._taken["accepted"] += receipt.accepted
            self._taken["duplicate"] += receipt.duplicates
            self._taken["rejected"] += len(receipt.rejected)
        return receipt

    def settle(self, reject_ids: list[str], outcome: str) -> int:
        """Takes rejects off the list, saying how they left it; gives the journal position after that."""
        now = self._clock()
        records = [settled_record(reject_id, outcome, now) for reject_id in reject_ids]
        return self._journal.append(records).end if records else self._journal.end

    def take_stream(self, items: Iterable[Entry | Rejection], *, chunk: int = CHUNK) -> Iterator[Receipt]:
        """Appends a long stream chunk by chunk, giving each chunk's receipt."""
        iterator = iter(items)
        while batch := list(islice(iterator, chunk)):
            yield self.take(batch)


def _refused(entry: Entry, error: str, index: int) -> Rejection:
    """A rejection of an entry that was read, at its place in its file, else at its index among what came with it."""
    if entry.place is None:
        return Rejection(error, entry.raw, index, entry.id)
    return Rejection(error, entry.raw, entry.place.number, entry.id, *entry.place[1:])
