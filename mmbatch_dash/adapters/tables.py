"""Lines of a table of text: what separates its columns, and the cells of a line. Knows no format.

Spreadsheets, R and PowerShell quote headers and cells, and where a comma is decimal they separate by semicolon.
"""

import csv
from collections.abc import Collection
from contextlib import suppress

from mmbatch_dash.domain.errors import InvalidInput

SEPARATORS = ("\t", ",", ";")


def separator_of(header: str, wanted: Collection[str]) -> str | None:
    """What separates the columns of a header that names all of `wanted`; None where nothing known does."""
    for separator in SEPARATORS:
        # A quoted header does not come apart at what does not separate it.
        with suppress(InvalidInput):
            if set(wanted) <= set(cells_of(header, separator)):
                return separator
    return None


def cells_of(line: str, separator: str, *, quoted: bool = True) -> list[str]:
    """The cells of one line without space around them.

    Args:
        line: with or without its end.
        separator: between the columns.
        quoted: whether a cell in quotes is what stands in them.

    Raises:
        InvalidInput: the line cannot be taken apart.
    """
    text = line.rstrip("\r\n")
    if not quoted or '"' not in text:
        return [cell.strip() for cell in text.split(separator)]
    try:
        [cells] = csv.reader([text], delimiter=separator, strict=True)
    except (csv.Error, ValueError) as error:
        raise InvalidInput(f"the line is no table row: {error}") from None
    return [cell.strip() for cell in cells]
