"""The known word that was probably meant."""

from collections.abc import Iterable
from difflib import get_close_matches

from mmbatch_dash.domain.quoting import shown

_CLOSE = 0.6
_LONGEST = 64


def find_nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word most like the given one, whatever its case; None where none is like it."""
    by_lower = {name.lower(): name for name in known}
    close = get_close_matches(word[:_LONGEST].lower(), list(by_lower), n=1, cutoff=_CLOSE)
    return by_lower[close[0]] if close else None


def describe_choice(word: str, known: Iterable[str]) -> str:
    """A sentence's end that says what a word may be: `'SUCEEDED' is not one of SUBMITTED, …; SUCCEEDED is nearest`."""
    names = [str(name) for name in known]
    nearest = find_nearest(word, names)
    return f"{shown(word)} is not one of {', '.join(names)}" + (f"; {nearest} is nearest" if nearest else "")
