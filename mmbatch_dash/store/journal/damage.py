"""What of the journal is damaged, and where: kept in a file beside it, so that it is told after a restart too."""

import logging
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Lock

import orjson

LOG = logging.getLogger(__name__)

FILE = "damage.json"
KEPT_PLACES = 1000
"""Places remembered one by one; a disk that lost more is described well enough by these and a count."""

MISSING = "missing"
CUT = "cut off"
HEALED = "it was damaged when it was folded and is whole again; `rebuild` brings it in"


@dataclass(frozen=True, slots=True)
class Damage:
    """One place that cannot be read.

    Attributes:
        file: name of the segment's file.
        position: journal position at which it begins.
        length: how many bytes of the journal, uncompressed.
        line: number of the line in its file, from 1; None where it is more than lines.
        reason: what is wrong with it.
    """

    file: str
    position: int
    length: int
    line: int | None
    reason: str

    @property
    def end(self) -> int:
        """Journal position after it."""
        return self.position + self.length

    def __str__(self) -> str:
        where = f"line {self.line}" if self.line else f"{self.length:,} bytes from journal position {self.position}"
        return f"{self.file}, {where}: {self.reason}"


class DamageBook:
    """The places found so far. Thread-safe."""

    def __init__(self, folder: Path | None) -> None:
        """Reads back what was found before; without a folder nothing is kept."""
        self._path = folder / FILE if folder else None
        self._lock = Lock()
        self._places: dict[int, Damage] = {}
        self._more = 0
        self._load()

    @property
    def places(self) -> tuple[Damage, ...]:
        """What was found, in the order of the journal; the first thousand."""
        with self._lock:
            return tuple(self._places[position] for position in sorted(self._places))

    @property
    def count(self) -> int:
        """How many places were found."""
        return len(self._places) + self._more

    @property
    def lost_bytes(self) -> int:
        """How much of the journal cannot be read."""
        return sum(damage.length for damage in self.places)

    def note(self, damage: Damage) -> None:
        """Remembers a place, and says so in the log the first time."""
        with self._lock:
            known = self._places.get(damage.position)
            if known and known.length >= damage.length:
                return
            if not known and len(self._places) >= KEPT_PLACES:
                self._more += 1
                return
            self._places[damage.position] = damage
            self._save()
        if self._path:
            LOG.error("The journal is damaged: %s. The rest is used.", damage)

    def touches(self, begin: int, end: int) -> bool:
        """Whether something between two positions is known to be damaged."""
        return any(place.position < end and begin < place.end for place in self.places)

    def replace(self, found: Iterable[Damage], more: int = 0) -> None:
        """Puts what a look at everything found in the place of what was known."""
        with self._lock:
            self._places = {damage.position: damage for damage in found}
            self._more = more
            self._save()

    def _load(self) -> None:
        if self._path is None:
            return
        with suppress(OSError, ValueError, TypeError, KeyError):  # what is not in it is found again by reading
            told = orjson.loads(self._path.read_bytes())
            self._places = {place["position"]: Damage(**place) for place in told["places"]}
            self._more = int(told["more"])

    def _save(self) -> None:
        if self._path is None:
            return
        if not self._places and not self._path.exists():
            return
        temporary = self._path.with_suffix(".tmp")
        with suppress(OSError):  # a full or lost disk: it is known in memory, and found again by reading
            places = [asdict(self._places[position]) for position in sorted(self._places)]
            temporary.write_bytes(orjson.dumps({"places": places, "more": self._more}, option=orjson.OPT_INDENT_2))
            temporary.replace(self._path)
