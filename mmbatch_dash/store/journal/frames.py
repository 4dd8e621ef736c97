"""Compressed segments: zstd frames of 256 KiB with a table of them at the end, so that reading begins anywhere.

The table is that of the "seekable format" of the zstd project, a frame that decoders skip: `zstd -d` unpacks the file.
"""

import struct
from bisect import bisect_right
from hashlib import sha256
from itertools import accumulate
from pathlib import Path
from typing import BinaryIO, Protocol

import pyarrow as pa

FRAME_BYTES = 256 * 1024
LEVEL = 1
LEVEL_OF_OLD = 9
"""For what is written once more and then lies for years."""
_SKIPPABLE, _SEEKABLE = 0x184D2A5E, 0x8F92EAB1
_HEAD, _ENTRY, _FOOT = struct.Struct("<II"), struct.Struct("<II"), struct.Struct("<IBI")


class Source(Protocol):
    """What is compressed: read once, piece by piece."""

    def read(self, count: int, /) -> bytes:
        """The next bytes; none at the end."""


def write_frames(source: Source, target: BinaryIO, level: int = LEVEL) -> int:
    """Compresses all of `source` into `target`; how many bytes that were."""
    codec = pa.Codec("zstd", compression_level=level)
    sizes: list[tuple[int, int]] = []
    while chunk := source.read(FRAME_BYTES):
        packed = codec.compress(chunk, asbytes=True)
        target.write(packed)
        sizes.append((len(packed), len(chunk)))
    target.write(_HEAD.pack(_SKIPPABLE, len(sizes) * _ENTRY.size + _FOOT.size))
    target.write(b"".join(_ENTRY.pack(*size) for size in sizes))
    target.write(_FOOT.pack(len(sizes), 0, _SEEKABLE))
    return sum(length for _, length in sizes)


class FramedFile:
    """A compressed segment, read from any offset of what it holds.

    A frame that cannot be unpacked reads as zeros, so that what follows keeps its place. Without a table the frames are
    unpacked from the start as far as they go.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        self._codec = pa.Codec("zstd")
        self._salvaged: bytes | None = None
        try:
            packed, lengths = _read_table(self._file)
        except (struct.error, ValueError, OSError):
            self._salvaged = _unpack_what_goes(self._file)
            packed, lengths = [], [len(self._salvaged)]
        self._places = list(accumulate(packed, initial=0))
        self._offsets = list(accumulate(lengths, initial=0))

    @property
    def size(self) -> int:
        """How many bytes it holds, uncompressed."""
        return self._offsets[-1]

    def read(self, offset: int, count: int) -> bytes:
        """`count` bytes from `offset` on; fewer at the end."""
        end = min(offset + count, self.size)
        if offset >= end:
            return b""
        if self._salvaged is not None:
            return self._salvaged[offset:end]
        first = bisect_right(self._offsets, offset) - 1
        last = bisect_right(self._offsets, end - 1) - 1
        pieces = b"".join(self._frame(number) for number in range(first, last + 1))
        begin = self._offsets[first]
        return pieces[offset - begin : end - begin]

    def close(self) -> None:
        """Closes the file."""
        self._file.close()

    def _frame(self, number: int) -> bytes:
        length = self._offsets[number + 1] - self._offsets[number]
        self._file.seek(self._places[number])
        packed = self._file.read(self._places[number + 1] - self._places[number])
        try:
            unpacked: bytes = self._codec.decompress(packed, length, asbytes=True)
        except (OSError, pa.ArrowException):
            return bytes(length)
        return unpacked


def digest_frames(path: Path) -> tuple[str, int]:
    """SHA-256 and number of the bytes that a compressed file holds."""
    made, length = sha256(), 0
    framed = FramedFile(path)
    try:
        while piece := framed.read(length, 4 * FRAME_BYTES):
            made.update(piece)
            length += len(piece)
    finally:
        framed.close()
    return made.hexdigest(), length


def _read_table(file: BinaryIO) -> tuple[list[int], list[int]]:
    size = file.seek(0, 2)
    if size < _FOOT.size + _HEAD.size:
        raise ValueError("too short to hold a table")
    file.seek(size - _FOOT.size)
    count, _, magic = _FOOT.unpack(file.read(_FOOT.size))
    table = count * _ENTRY.size + _FOOT.size
    if magic != _SEEKABLE or table + _HEAD.size > size:
        raise ValueError("no table at the end")
    file.seek(size - table)
    entries = list(_ENTRY.iter_unpack(file.read(count * _ENTRY.size)))
    packed, lengths = [entry[0] for entry in entries], [entry[1] for entry in entries]
    if sum(packed) != size - table - _HEAD.size or any(length > FRAME_BYTES for length in lengths):
        raise ValueError("the table does not fit the file")
    return packed, lengths


def _unpack_what_goes(file: BinaryIO) -> bytes:
    file.seek(0)
    pieces: list[bytes] = []
    try:
        with pa.CompressedInputStream(pa.PythonFile(file, mode="r"), "zstd") as stream:
            while piece := stream.read(FRAME_BYTES):
                pieces.append(piece)
    except (OSError, pa.ArrowException):
        pass
    return b"".join(pieces)
