"""Cells that a spreadsheet would run as a formula, made harmless. For every CSV that leaves the product."""

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0")


def neutralise(text: str) -> str:
    """The text, with an apostrophe before it if a spreadsheet would read it as a formula. Only for text cells."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
