"""The manifest: length and digest of every closed segment, so that a missing or changed one is known to be."""

import os
from dataclasses import asdict, dataclass
from pathlib import Path

import orjson

from mmbatch_dash.store.journal.checksum import find_damaged, seal

FILE = "manifest.jsonl"
STRIPPED = 2


@dataclass(frozen=True, slots=True)
class Closed:
    """What is known of a closed segment.

    Attributes:
        start: journal position of its first byte.
        length: how many bytes it holds, uncompressed.
        digest: SHA-256 of them, in hexadecimal.
        generation: what was taken out: 0 nothing, 1 heartbeats that others stand for, STRIPPED the originals.
        becomes: digest of what is being put in its place; empty where nothing is.
    """

    start: int
    length: int
    digest: str
    generation: int = 0
    becomes: str = ""

    def is_digest(self, digest: str) -> bool:
        """Whether a file with this digest is the segment: as it is listed, or as it is about to be."""
        return digest in {self.digest, self.becomes} - {""}

    @property
    def end(self) -> int:
        """Journal position after it."""
        return self.start + self.length


class Manifest:
    """The closed segments by their start. The last word on a segment counts; one writer at a time."""

    def __init__(self, folder: Path) -> None:
        """Reads what is there, leaving out lines that are damaged."""
        self._path = folder / FILE
        self.damaged_lines = 0
        self._closed: dict[int, Closed] = {}
        self._read()

    @property
    def end(self) -> int:
        """Journal position up to which segments are known; 0 where none is."""
        return max((closed.end for closed in self._closed.values()), default=0)

    def get(self, start: int) -> Closed | None:
        """What is known of the segment at `start`."""
        return self._closed.get(start)

    def all(self) -> list[Closed]:
        """Every closed segment, in order."""
        return [self._closed[start] for start in sorted(self._closed)]

    def add(self, closed: Closed) -> None:
        """Adds a segment, or another word on one, durably.

        Raises:
            OSError: the disk did not take it.
        """
        with self._path.open("ab") as file:
            told = {name: value for name, value in asdict(closed).items() if name != "becomes" or value}
            file.write(seal(orjson.dumps(told) + b"\n"))
            file.flush()
            os.fsync(file.fileno())
        self._closed[closed.start] = closed

    def _read(self) -> None:
        try:
            data = self._path.read_bytes()
        except FileNotFoundError:
            return
        damaged = {begin for begin, _, _ in find_damaged(data, 0)}
        self.damaged_lines = len(damaged)
        begin = 0
        while end := data.find(b"\n", begin) + 1:
            if begin not in damaged and data[begin:end].strip():
                told = orjson.loads(data[begin:end])
                told.pop("crc")
                self._closed[told["start"]] = Closed(**told)
            begin = end
