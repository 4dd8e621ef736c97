"""Which encoding a text is in, by its first bytes. Knows no format.

Windows PowerShell writes what a command prints as UTF-16 with a byte order mark; some editors put one before UTF-8.
"""

import codecs
from collections.abc import Iterable, Iterator

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
"""Longer marks first: that of UTF-32 begins with that of UTF-16."""
LOOKED_AT = 4


def encoding_of(start: bytes) -> tuple[str, int]:
    """(encoding, length of its mark) of a text by its first `LOOKED_AT` bytes; UTF-8 unless they say otherwise."""
    for mark, name in _MARKS:
        if start.startswith(mark):
            return name, len(mark)
    # Without a mark: a first character of ASCII with a zero beside it (RFC 4627, section 3).
    if len(start) >= LOOKED_AT and start[0] and not start[1] and start[2] and not start[3]:
        return "utf-16-le", 0
    if len(start) >= LOOKED_AT and not start[0] and start[1] and not start[2] and start[3]:
        return "utf-16-be", 0
    return "utf-8", 0


def as_utf8(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same text in UTF-8 without a byte order mark; what is UTF-8 passes through byte by byte."""
    start, iterator = b"", iter(chunks)
    while len(start) < LOOKED_AT and (chunk := next(iterator, b"")):
        start += chunk
    name, mark = encoding_of(start)
    rest = start[mark:]
    if name == "utf-8":
        yield rest
        yield from iterator
        return
    decoder = codecs.getincrementaldecoder(name)("replace")
    yield decoder.decode(rest).encode("utf-8", "replace")
    for chunk in iterator:
        yield decoder.decode(chunk).encode("utf-8", "replace")
    yield decoder.decode(b"", final=True).encode("utf-8", "replace")
