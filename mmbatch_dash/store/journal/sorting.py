"""What is new of what came, what is a repeat, and what contradicts what was accepted before."""

from collections.abc import Mapping, Sequence

from mmbatch_dash.store.journal.appending import Groups
from mmbatch_dash.store.journal.interface import AppendResult
from mmbatch_dash.store.journal.records import Record


def asked_keys(groups: Groups) -> dict[int, int]:
    """Everything that these appends may be recognised by → the digest that came first with it."""
    asked: dict[int, int] = {}
    for records in groups:
        for identity, digest, _, event in records:
            if identity:
                asked.setdefault(identity, digest)
            if event:
                asked.setdefault(event, digest)
    return asked


class Sorted:
    """Appends sorted out against what is known, and against each other in their order.

    Attributes:
        lines: of the new records, in order.
        seen: identity → digest of what is new.
    """

    def __init__(self, groups: Groups, known: Mapping[int, int]) -> None:
        """Sorts out the records; `known` holds identity → digest of what was accepted earlier."""
        self.lines: list[bytes] = []
        self.seen: dict[int, int] = {}
        self._known = known
        self._verdicts = [self._sort_out(records) for records in groups]

    def results(self, end: int) -> list[AppendResult]:
        """What became of each append, with the journal position after all of them."""
        return [AppendResult(*verdict, end) for verdict in self._verdicts]

    def _sort_out(self, records: Sequence[Record]) -> tuple[int, int, tuple[int, ...]]:
        """How many are new and how many repeats, and which are conflicts.

        What another told before with the same content is a repeat to whoever tells it now, and is written all the same,
        in case the other's word is given up one day.
        """
        known, seen, lines = self._known, self.seen, self.lines
        accepted, duplicates, conflicts = 0, 0, []
        for index, (identity, digest, line, event) in enumerate(records):
            earlier = (known.get(identity) or seen.get(identity)) if identity else None
            if earlier is None:
                lines.append(line)
                if event and (known.get(event) or seen.get(event)) == digest:
                    duplicates += 1
                else:
                    accepted += 1
                if identity:
                    seen[identity] = digest
                if event:
                    seen.setdefault(event, digest)
            elif earlier == digest:
                duplicates += 1
            else:
                conflicts.append(index)
        return accepted, duplicates, tuple(conflicts)
