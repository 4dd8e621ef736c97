"""The one table of a run. Knows nothing of what is measured."""

from collections.abc import Sequence
from dataclasses import dataclass

HEADINGS = ("what", "ours", "limit here", "ratio", "to reach", "reached")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table.

    Attributes:
        what: what was measured, and with how much.
        ours: our figure, with its unit.
        limit: the limit measured beside it, or – where the target is a number.
        ratio: ours over the limit, None where there is none.
        target: what to reach, in words.
        reached: whether it was; None where it could not be measured.
    """

    what: str
    ours: str
    limit: str
    ratio: float | None
    target: str
    reached: bool | None


def not_yet(what: str, why: str, target: str) -> Row:
    """A row that could not be measured, with the reason."""
    return Row(what, f"not yet: {why}", "–", None, target, None)


def format_table(rows: Sequence[Row]) -> str:
    """The rows as aligned text under headings."""
    cells = [HEADINGS, *(_cells(row) for row in rows)]
    widths = [max(len(line[n]) for line in cells) for n in range(len(HEADINGS))]
    rule = tuple("-" * width for width in widths)
    lines = [cells[0], rule, *cells[1:]]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines)


def _cells(row: Row) -> tuple[str, ...]:
    ratio = "–" if row.ratio is None else f"{row.ratio:.2f}"
    reached = {True: "yes", False: "no", None: "–"}[row.reached]
    return row.what, row.ours, row.limit, ratio, row.target, reached


def short(number: float) -> str:
    """A count as people say it: 100k, 1M, 2,500."""
    for size, letter in ((1_000_000, "M"), (1_000, "k")):
        if number >= size and number % size == 0:
            return f"{number / size:,.0f}{letter}"
    return f"{number:,.0f}"
