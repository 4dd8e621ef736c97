"""JSON documents in a text: one, or several after each other, as a shell that appends answers leaves them."""

import json
from collections.abc import Iterator
from typing import Any

import orjson

from mmbatch_dash.domain.facts import Rejection

EXCERPT = 2000
"""Characters of a broken rest that are kept aside with the reason."""


def read_documents(text: str, *, door: str, file: str | None) -> Iterator[Any | Rejection]:
    """The JSON values in the order they stand; a rest that is no JSON ends them as one Rejection with its line."""
    text = text.removeprefix("\ufeff")
    decoder = json.JSONDecoder()
    position = _skip_space(text, 0)
    while position < len(text):
        try:
            _, end = decoder.raw_decode(text, position)
            # orjson is the stricter of the two: no NaN, no lone surrogates that could not be written again.
            value = orjson.loads(text[position:end].encode("utf-8", "surrogatepass"))
        except (json.JSONDecodeError, orjson.JSONDecodeError, RecursionError) as error:
            line = text.count("\n", 0, position) + 1
            rest = text[position : position + EXCERPT]
            yield Rejection(f"what begins on line {line} is not complete JSON: {error}", rest, line, None, door, file)
            return
        yield value
        position = _skip_space(text, end)


def _skip_space(text: str, position: int) -> int:
    while position < len(text) and text[position] in " \t\r\n":
        position += 1
    return position
