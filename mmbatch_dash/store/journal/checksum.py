"""The checksum of a journal line: written as its last JSON member, looked at whenever the line is read."""

from collections.abc import Iterator
from zlib import crc32

import orjson

_MARK = b',"crc":"'
_TAIL = len(_MARK) + 8 + len(b'"}\n')
"""Bytes from the mark to the end of the line: eight hexadecimal digits, and what closes text and line."""

DIFFERS = "its checksum differs"
NO_CHECKSUM = "its checksum is gone"
UNREADABLE = "it is not JSON"


def seal(line: bytes) -> bytes:
    """The line, a JSON object and its newline, with the checksum of what stands before as its last member."""
    body = line[:-2]
    return body + f',"crc":"{crc32(body):08x}"}}\n'.encode()


def find_damaged(data: bytes, sealed_from: int) -> Iterator[tuple[int, int, str]]:
    """Begin, end and fault of each line that is not as it was written.

    Lines of nothing but spaces are room that thinning left, and no damage.

    Args:
        data: whole lines.
        sealed_from: place in `data` from which on every line was written with a checksum; those before may have none.
    """
    view = memoryview(data)
    begin = 0
    while end := data.find(b"\n", begin) + 1:
        mark = end - _TAIL
        if mark > begin and data[mark : mark + 8] == _MARK:
            if b'%08x"}\n' % crc32(view[begin:mark]) != data[mark + 8 : end]:
                yield begin, end, DIFFERS
        elif data[begin] in b" \n" and not data[begin:end].strip(b" \n"):
            pass
        elif begin >= sealed_from:
            yield begin, end, NO_CHECKSUM
        elif not _is_object(view[begin:end]):
            yield begin, end, UNREADABLE
        begin = end


def _is_object(line: memoryview) -> bool:
    try:
        return isinstance(orjson.loads(line), dict)
    except orjson.JSONDecodeError:
        return False
