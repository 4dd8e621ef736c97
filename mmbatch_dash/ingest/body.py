"""The body of a request, unpacked within a bound: a compression bomb costs no more memory than the bound."""

import zlib
from typing import IO

PIECE = 64 * 1024
GZIP_WINDOW = 31


class BodyTooLarge(Exception):
    """The body exceeds the bound after decompression; it was read no further."""


class BodyMalformed(Exception):
    """The body is not what its content encoding says."""


def read_body(stream: IO[bytes], *, gzipped: bool, limit_bytes: int) -> bytes:
    """The whole body, decompressed if it is gzip.

    Raises:
        BodyTooLarge: it has more than `limit_bytes`.
        BodyMalformed: it is not gzip, or ends in the middle.
    """
    return _unpack(stream, limit_bytes) if gzipped else _plain(stream, limit_bytes)


def _plain(stream: IO[bytes], limit_bytes: int) -> bytes:
    pieces, size = [], 0
    while piece := stream.read(min(PIECE, limit_bytes - size + 1)):
        size += len(piece)
        if size > limit_bytes:
            raise BodyTooLarge
        pieces.append(piece)
    return b"".join(pieces)


def _unpack(stream: IO[bytes], limit_bytes: int) -> bytes:
    unpacker = zlib.decompressobj(GZIP_WINDOW)
    unpacked = bytearray()
    waiting = b""
    try:
        while True:
            packed = waiting or stream.read(PIECE)
            if not packed:
                break
            unpacked += unpacker.decompress(packed, limit_bytes - len(unpacked) + 1)
            if len(unpacked) > limit_bytes:
                raise BodyTooLarge
            waiting = unpacker.unconsumed_tail
            if unpacker.eof:
                waiting = unpacker.unused_data
                if not waiting:
                    continue
                unpacker = zlib.decompressobj(GZIP_WINDOW)
    except zlib.error as error:
        raise BodyMalformed(str(error)) from None
    if not unpacker.eof:
        raise BodyMalformed("it ends in the middle")
    return bytes(unpacked)
