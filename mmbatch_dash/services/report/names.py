"""Other people's names on paper: they hold what they like, and the page stays a page."""

import re

LONGEST_NAME, LONGEST_LINE = 40, 300
_LONG_WORD = re.compile(r"[^\s-]{25,}")
_PIECE = 16
_BREAK = "\N{ZERO WIDTH SPACE}"


def on_paper(text: str, most: int = LONGEST_NAME) -> str:
    """The text in one line of so many letters at most, long words breakable, without letters that steer the writing."""
    shown = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)
    short = shown if len(shown) <= most else f"{shown[: most - 1]}…"
    return _LONG_WORD.sub(lambda word: _BREAK.join(re.findall(f".{{1,{_PIECE}}}", word.group())), short)
