"""The data behind a chart as CSV text (RFC 4180, UTF-8), times in ISO 8601 with offset."""

import io

import pandas as pd

from mmbatch_dash.domain.selection import UNKNOWN
from mmbatch_dash.domain.spreadsheet import neutralise


def to_csv(frame: pd.DataFrame) -> str:
    """The frame's columns and rows in their order; unknown numbers and times are empty, text is neutralised.

    A missing name in a text column is written as "(none)", as pages show it.
    """
    out = frame.copy()
    for name in out.columns:
        column = out[name]
        if pd.api.types.is_datetime64_any_dtype(column):
            out[name] = [None if pd.isna(at) else at.isoformat() for at in column]
        elif not pd.api.types.is_numeric_dtype(column):
            out[name] = [UNKNOWN if _missing(cell) else neutralise(str(cell)) for cell in column]
    buffer = io.StringIO()
    out.to_csv(buffer, index=False, lineterminator="\r\n")
    return buffer.getvalue()


def _missing(cell: object) -> bool:
    return cell is None or cell is pd.NaT or (isinstance(cell, float) and cell != cell)
