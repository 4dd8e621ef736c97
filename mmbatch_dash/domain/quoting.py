"""Quoting what others sent in a sentence: short whatever its size, and safe whatever its depth."""

from reprlib import Repr
from typing import Any

_QUOTER = Repr()
_QUOTER.maxlevel, _QUOTER.maxlist, _QUOTER.maxdict = 3, 4, 4
_QUOTER.maxstring, _QUOTER.maxlong, _QUOTER.maxother = 120, 60, 120


def shown(value: Any) -> str:
    """The value as Python writes it, with the middle left out of what is long."""
    return _QUOTER.repr(value)


def holds_control(text: str) -> bool:
    """Whether a control character is in the text."""
    return any(letter < " " or letter == "\x7f" for letter in text)
