"""A plain or gzip file as a stream of lines in UTF-8, with a word to a progress bar. Knows no format.

UTF-16 and byte order marks are read (`encodings`). Gzip is recognised by its first bytes, not by a name. A file that
breaks off inside its compression gives what can be read of it and says so in `broken`, so that good lines before the
break enter.
"""

import gzip
import io
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from mmbatch_dash.adapters.encodings import as_utf8

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

Progress = Callable[[int], None]
"""Told how many bytes of the file on disk have been read so far."""
GZIP_MAGIC = b"\x1f\x8b"
_CHUNK = 1 << 20


class Opened:
    """An open file.

    Attributes:
        broken: why the file could not be read to its end, None while and where it could.
    """

    def __init__(self, stream: io.BufferedIOBase) -> None:
        self._stream = stream
        self.broken: str | None = None

    def peek(self, size: int) -> bytes:
        """The first bytes; only before anything else is read."""
        start = b""
        for chunk in self._chunks(size):
            start += chunk
            if len(start) >= size:
                break
        self._stream.seek(0)
        return start

    def lines(self) -> Iterator[bytes]:
        """The lines from here on, each with its end."""
        rest = b""
        for chunk in self._chunks(_CHUNK):
            *whole, rest = (rest + chunk).split(b"\n")
            for line in whole:
                yield line + b"\n"
        if rest:
            yield rest

    def text_lines(self) -> Iterator[str]:
        """The lines as text; bytes that are not UTF-8 become U+FFFD."""
        for line in self.lines():
            yield line.decode("utf-8", "replace")

    def text(self) -> str:
        """All of it from here on."""
        return b"".join(self._chunks(_CHUNK)).decode("utf-8", "replace")

    def _chunks(self, size: int) -> Iterator[bytes]:
        return as_utf8(self._bytes(size))

    def _bytes(self, size: int) -> Iterator[bytes]:
        try:
            while chunk := self._stream.read(size):
                yield chunk
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            self.broken = f"the compressed file breaks off or is damaged: {error}"


class _Watched(io.RawIOBase):
    """A file that says how far it has been read."""

    def __init__(self, file: io.FileIO, progress: Progress) -> None:
        super().__init__()
        self._file = file
        self._progress = progress
        self._furthest = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        return self._file.seek(offset, whence)

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        count = self._file.readinto(buffer) or 0
        # Looking at the start of a file and going back is no progress lost.
        self._furthest = max(self._furthest, self._file.tell())
        self._progress(self._furthest)
        return count


@contextmanager
def open_text(path: Path, *, progress: Progress | None = None) -> Iterator[Opened]:
    """An open plain or gzip file, closed at the end of the block; OSError where it cannot be opened."""
    with io.FileIO(path) as file:
        packed = file.read(len(GZIP_MAGIC)) == GZIP_MAGIC
        file.seek(0)
        buffered = io.BufferedReader(_Watched(file, progress) if progress else file)
        if packed:
            with gzip.GzipFile(fileobj=buffered) as unpacked:
                yield Opened(unpacked)
        else:
            yield Opened(buffered)
