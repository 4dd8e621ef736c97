"""Rows of a CSV file by column name, each with its line number. Knows no format."""

import csv
from collections.abc import Iterable, Iterator, Sequence

from mmbatch_dash.adapters.reading import Unreadable
from mmbatch_dash.adapters.tables import cells_of, separator_of
from mmbatch_dash.domain.errors import InvalidInput


def read_rows(lines: Iterable[str], columns: Sequence[str]) -> Iterator[tuple[int, dict[str, str] | Unreadable]]:
    """(line number from 1, the wanted columns of the row or why it cannot be read); blank lines are passed over.

    Raises:
        InvalidInput: the header lacks one of `columns`.
    """
    iterator = iter(lines)
    first = next(iterator, "")
    separator = separator_of(first, columns) or ","
    header = cells_of(first, separator)
    reader = csv.reader(iterator, delimiter=separator)
    missing = [column for column in columns if column not in header]
    if missing:
        raise InvalidInput(f"the header has no {', '.join(missing)}; expected {', '.join(columns)}")
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield reader.line_num + 1, Unreadable(None, f"the line is not CSV: {error}")
            continue
        if len(cells) == len(header):
            row = dict(zip(header, cells, strict=True))
            yield reader.line_num + 1, {column: row[column].strip() for column in columns}
        elif cells:
            wrong = f"the line has {len(cells)} columns, its header {len(header)}; is the file cut off?"
            yield reader.line_num + 1, Unreadable(separator.join(cells), wrong)
