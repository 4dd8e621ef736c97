"""The body of a request, unpacked within a bound: a compression bomb costs no more memory than the bound."""

import zlib
from collections.abc import Iterator
from queue import Empty, SimpleQueue
from typing import IO

PIECE = 64 * 1024
GZIP_WINDOW = 31

READERS = 12
"""Bodies received at one time. Each one coming in holds a thread of the server, which has 16."""
READER_WAIT_SECONDS = 2.0


class BodyTooLarge(Exception):
    """The body exceeds the bound after decompression; it was read no further."""


class BodyMalformed(Exception):
    """The body is not what its content encoding says."""


class TooManyBodies(Exception):
    """As many bodies as may be received at one time are on their way, and slow."""


class Readers:
    """Leave to receive a body: slow senders may hold some of the server's threads, never all of them."""

    def __init__(self, most: int = READERS, *, wait_seconds: float = READER_WAIT_SECONDS) -> None:
        # A queue of places is a semaphore without a line of Python in it.
        self._places: SimpleQueue[None] = SimpleQueue()
        for _ in range(most):
            self._places.put(None)
        self._wait_seconds = wait_seconds

    def __enter__(self) -> None:
        """Takes a place for the time of receiving one body.

        Raises:
            TooManyBodies: none became free in time.
        """
        try:
            self._places.get(timeout=self._wait_seconds)
        except Empty:
            raise TooManyBodies from None

    def __exit__(self, *_error: object) -> None:
        """Gives the place back."""
        self._places.put(None)


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
