"""Rows of a CSV file by column name, each with its line number. Knows no format."""

import csv
from collections.abc import Iterable, Iterator, Sequence

from mmbatch_dash.domain.errors import InvalidInput


def read_rows(lines: Iterable[str], columns: Sequence[str]) -> Iterator[tuple[int, dict[str, str] | InvalidInput]]:
    """(line number from 1, the wanted columns of the row or why it cannot be read); blank lines are passed over.

    Raises:
        InvalidInput: the header lacks one of `columns`.
    """
    reader = csv.reader(lines)
    header = [cell.strip().removeprefix("\ufeff") for cell in next(reader, [])]
    missing = [column for column in columns if column not in header]
    if missing:
        raise InvalidInput(f"the header has no {', '.join(missing)}; expected {', '.join(columns)}")
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield reader.line_num, InvalidInput(f"the line is not CSV: {error}")
            continue
        if len(cells) == len(header):
            row = dict(zip(header, cells, strict=True))
            yield reader.line_num, {column: row[column].strip() for column in columns}
        elif cells:
            wrong = f"the line has {len(cells)} columns, its header {len(header)}; is the file cut off?"
            yield reader.line_num, InvalidInput(wrong)
