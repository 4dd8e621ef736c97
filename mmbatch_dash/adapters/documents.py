"""JSON values in a text: one, or several after each other, as Firehose joins them and shells append them."""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import orjson

from mmbatch_dash.domain.facts import Rejection

EXCERPT = 2000
"""Characters of a broken rest that are kept aside with the reason."""
_SPACE = frozenset(" \t\r\n\ufeff")
_DECODER = json.JSONDecoder()


class Found(NamedTuple):
    """A JSON value and the line it begins on, counted from 1."""

    value: Any
    line: int


class Broken(NamedTuple):
    """A rest of a text that is no JSON: the whole of it, why, and the line it begins on."""

    text: str
    error: str
    line: int


def split_documents(text: str, *, into_lists: bool = False) -> Iterator[Found | Broken]:
    """The JSON values in the order they stand; a rest that is no JSON ends them as one Broken.

    Args:
        text: what holds them.
        into_lists: whether the items of a list at the top count each for itself, so that their lines are known.
    """
    position, line, counted = _skip(text, 0), 1, 0
    opened = False
    while position < len(text):
        line, counted = line + text.count("\n", counted, position), position
        if into_lists and not opened and text[position] == "[":
            opened, position = True, _skip(text, position + 1)
            continue
        if opened and text[position] in ",]":
            opened, position = text[position] == ",", _skip(text, position + 1)
            continue
        try:
            _, end = _DECODER.raw_decode(text, position)
            # orjson is the stricter of the two: no NaN, no lone surrogates that could not be written again.
            value = orjson.loads(text[position:end].encode("utf-8", "surrogatepass"))
        except (json.JSONDecodeError, orjson.JSONDecodeError, RecursionError) as error:
            yield Broken(text[position:], str(error), line)
            return
        yield Found(value, line)
        position = _skip(text, end)
    if opened:
        yield Broken("", "the list does not end; is the file cut off?", line)


def read_documents(text: str, *, door: str, file: str | None) -> Iterator[Any | Rejection]:
    """The JSON values in the order they stand; a rest that is no JSON ends them as one Rejection with its line."""
    for found in split_documents(text):
        if isinstance(found, Found):
            yield found.value
        else:
            yield broken_rest(found, door=door, file=file)


def broken_rest(broken: Broken, *, door: str, file: str | None) -> Rejection:
    """The rejection of a rest of a file, with the beginning of it."""
    message = f"what begins on line {broken.line} is not complete JSON: {broken.error}"
    return Rejection(message, broken.text[:EXCERPT], broken.line, None, door, file)


def _skip(text: str, position: int) -> int:
    while position < len(text) and text[position] in _SPACE:
        position += 1
    return position
