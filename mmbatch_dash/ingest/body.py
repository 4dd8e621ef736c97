"""The body of a request, unpacked within a bound: a compression bomb costs no more memory than the bound."""

import zlib
from collections.abc import Iterator
from typing import IO

PIECE = 64 * 1024
GZIP_WINDOW = 31


class BodyTooLarge(Exception):
    """The body exceeds the bound after decompression; it was read no further."""


class BodyMalformed(Exception):
    """The body is not what its content encoding says."""


def read_body(stream: IO[bytes], *, gzipped: bool, limit_bytes: int, length: int | None = None) -> bytes:
    """The whole body, decompressed if it is gzip.

    Args:
        stream: what comes in.
        gzipped: whether it is packed.
        limit_bytes: the most it may be, packed and unpacked.
        length: its length as declared; what has come whole is not asked whether there is more.

    Raises:
        BodyTooLarge: it has more than `limit_bytes`.
        BodyMalformed: it is not gzip, or ends in the middle.
    """
    pieces = _pieces(stream, limit_bytes, length)
    return _unpack(pieces, limit_bytes) if gzipped else b"".join(pieces)


def _pieces(stream: IO[bytes], limit_bytes: int, length: int | None) -> Iterator[bytes]:
    size = 0
    while size != length and (piece := stream.read(min(PIECE, limit_bytes - size + 1))):
        size += len(piece)
        if size > limit_bytes:
            raise BodyTooLarge
        yield piece


def _unpack(pieces: Iterator[bytes], limit_bytes: int) -> bytes:
    unpacker = zlib.decompressobj(GZIP_WINDOW)
    unpacked = bytearray()
    # What is packed is bounded as well: endless empty gzip members would unpack to nothing for ever.
    for packed in pieces:
        waiting = packed
        while waiting:
            if unpacker.eof:
                unpacker = zlib.decompressobj(GZIP_WINDOW)
            try:
                unpacked += unpacker.decompress(waiting, limit_bytes - len(unpacked) + 1)
            except zlib.error as error:
                raise BodyMalformed(str(error)) from None
            if len(unpacked) > limit_bytes:
                raise BodyTooLarge
            waiting = unpacker.unused_data if unpacker.eof else unpacker.unconsumed_tail
    if not unpacker.eof:
        raise BodyMalformed("it ends in the middle")
    return bytes(unpacked)
