"""Stripping: of the entries of an old segment, what they were understood to say stays, and the original goes.

The original is most of a line, and nothing that is folded comes from it. Its room is left blank inside the line, which
gets a new checksum, so that every line keeps its place; compressed, it is nothing. What was kept aside stays as it
came, as it may still be retried.
"""

from collections.abc import Iterator
from hashlib import sha256

import orjson

from mmbatch_dash.store.journal.checksum import seal
from mmbatch_dash.store.journal.shelf import Shelf

_ORIGINAL = b'],"raw":'
_MARK = b',"crc":"'
_TAIL = len(_MARK) + 8 + len(b'"}\n')
_READ_BYTES = 4 * 1024 * 1024


def strip_line(line: bytes) -> bytes:
    """The line without the original, as long as before; the same line where it is no entry or has none."""
    place = line.find(_ORIGINAL)
    if place < 0:
        return line
    is_sealed = line[-_TAIL : -_TAIL + len(_MARK)] == _MARK
    room = len(line) - (_TAIL if is_sealed else 2) - place - 1
    stripped = line[: place + 1] + b" " * room + b"}\n"
    if is_sealed:
        stripped = seal(stripped)
    return stripped if len(stripped) == len(line) and _says_the_same(stripped, line) else line


class Stripped:
    """A segment to read once without its originals, digested on the way as it was and as it becomes."""

    def __init__(self, shelf: Shelf, start: int) -> None:
        self._lines = self._read(shelf, start)
        self._rest = b""
        self._was, self._becomes = sha256(), sha256()
        self.length = 0
        self.removed = 0

    @property
    def digest_before(self) -> str:
        """SHA-256 of what was there."""
        return self._was.hexdigest()

    @property
    def digest(self) -> str:
        """SHA-256 of what was read."""
        return self._becomes.hexdigest()

    def read(self, count: int) -> bytes:
        """The next bytes; none at the end."""
        pieces, size = [self._rest], len(self._rest)
        while size < count and (line := next(self._lines, b"")):
            pieces.append(line)
            size += len(line)
        data = b"".join(pieces)
        self._rest, data = data[count:], data[:count]
        self._becomes.update(data)
        self.length += len(data)
        return data

    def _read(self, shelf: Shelf, start: int) -> Iterator[bytes]:
        offset, rest = 0, b""
        while piece := shelf.read(start, offset, _READ_BYTES):
            self._was.update(piece)
            offset += len(piece)
            *lines, rest = (rest + piece).split(b"\n")
            for line in lines:
                whole = line + b"\n"
                stripped = strip_line(whole)
                self.removed += stripped is not whole
                yield stripped
        if rest:
            yield rest


def _says_the_same(stripped: bytes, line: bytes) -> bool:
    try:
        before, after = orjson.loads(line), orjson.loads(stripped)
    except orjson.JSONDecodeError:
        return False
    if "identity" not in before:
        return False
    for name in ("raw", "crc"):
        before.pop(name, None)
        after.pop(name, None)
    return bool(before == after)
