"""Selections as files: CSV and Parquet, made as they are read, so that their size does not matter here."""

import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import chain

import pyarrow as pa
import pyarrow.csv as arrow_csv
import pyarrow.parquet as arrow_parquet

from mmbatch_dash.domain.paging import Sort
from mmbatch_dash.domain.selection import Selection
from mmbatch_dash.store.database import Database
from mmbatch_dash.store.queries.exports import (
    Form,
    Statement,
    attempts_export,
    checkpoints_export,
    jobs_export,
    nodes_export,
    read_batches,
)
from mmbatch_dash.store.queries.focus import count_left_out, focus_export
from mmbatch_dash.store.queries.nodes import NodePatience, NodeState

CSV_ROWS = 4_096
PARQUET_ROWS = 65_536
CONTENT_TYPES = {Form.CSV: "text/csv; charset=utf-8", Form.PARQUET: "application/vnd.apache.parquet"}
_LONGEST_NAME = 120


@dataclass(frozen=True, slots=True)
class Export:
    """A file being made.

    Attributes:
        name: what it holds and when it was made.
        chunks: its bytes; closing the iterator early gives back what it holds.
        left_out: of what it is about, how many its form cannot say; None where it says all.
    """

    name: str
    content_type: str
    chunks: Iterator[bytes]
    left_out: int | None = None


class Exports:
    """Files of selections; thread-safe."""

    def __init__(
        self,
        database: Database,
        patience: Callable[[], NodePatience],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database = database
        self._patience = patience
        self._clock = clock

    def jobs(self, selection: Selection, form: Form, *, sort: Sort | None = None) -> Export:
        """The selected jobs, one row each; their figures sum to the headline of the selection."""
        return self._open("jobs", selection, form, jobs_export(selection, form, sort))

    def attempts(self, selection: Selection, form: Form) -> Export:
        """The attempts of the selected jobs."""
        return self._open("attempts", selection, form, attempts_export(selection, form))

    def checkpoints(self, selection: Selection, form: Form) -> Export:
        """The checkpoints of the selected jobs."""
        return self._open("checkpoints", selection, form, checkpoints_export(selection, form))

    def nodes(self, selection: Selection, form: Form, *, states: tuple[NodeState, ...] = ()) -> Export:
        """The nodes of the selection, finished ones too, in the states asked for or in all."""
        statement = nodes_export(selection, form, self._clock(), self._patience(), states)
        return self._open("nodes", selection, form, statement)

    def focus(self, selection: Selection, form: Form) -> Export:
        """The cost of the selected jobs as FOCUS 1.2 rows, one an attempt and day."""
        with self._database.cursor() as cursor:
            left_out = count_left_out(cursor, selection)
        return replace(self._open("focus", selection, form, focus_export(selection, form)), left_out=left_out)

    def _open(self, what: str, selection: Selection, form: Form, statement: Statement) -> Export:
        self._database.require()
        write = _write_csv if form is Form.CSV else _write_parquet
        name = file_name(what, selection, form, self._clock())
        return Export(name, CONTENT_TYPES[form], write(self._database, statement))


def file_name(what: str, selection: Selection, form: Form, now: datetime) -> str:
    """A name that says what the file holds and when it was made, in letters any system takes."""
    zone = selection.zone
    parts = [what]
    if selection.from_at:
        parts.append(f"from-{selection.from_at.astimezone(zone):%Y-%m-%d}")
    if selection.to_at:
        parts.append(f"to-{selection.to_at.astimezone(zone):%Y-%m-%d}")
    for name, chosen in selection.active().items():
        said = chosen if isinstance(chosen, str) else "-".join(str(one) for one in chosen)
        said = said.replace(">=", "-from-").replace("<=", "-to-")
        parts.append(f"{name}-{said}")
    plain = "_".join(re.sub(r"[^A-Za-z0-9.-]+", "-", part) for part in parts)
    return f"{plain[:_LONGEST_NAME].rstrip('-_.')}_{now.astimezone(UTC):%Y%m%dT%H%M%SZ}.{form.value}"


def _write_csv(database: Database, statement: Statement) -> Iterator[bytes]:
    """RFC 4180: CRLF, texts quoted, an unknown value is an empty cell."""
    # The header goes out before the store is asked, so that the reader sees at once that something comes.
    yield (",".join(f'"{name}"' for name in statement.columns) + "\r\n").encode()
    options = arrow_csv.WriteOptions(include_header=False, eol="\r\n", batch_size=CSV_ROWS)
    for batch in read_batches(database, statement, CSV_ROWS):
        sink = io.BytesIO()
        arrow_csv.write_csv(batch, sink, options)
        yield sink.getvalue()


def _write_parquet(database: Database, statement: Statement) -> Iterator[bytes]:
    batches = read_batches(database, statement, PARQUET_ROWS)
    first = next(batches, None)
    if first is None:
        first = _no_rows(database, statement)
    sink = _Taken()
    with arrow_parquet.ParquetWriter(sink, first.schema, compression="zstd", compression_level=1) as writer:
        for batch in chain([first], batches):
            writer.write_batch(batch)
            yield sink.take()
    yield sink.take()


def _no_rows(database: Database, statement: Statement) -> pa.RecordBatch:
    with database.cursor() as cursor:
        schema = cursor.sql(statement.sql, params=statement.parameters).limit(0).to_arrow_table().schema
    return pa.RecordBatch.from_pylist([], schema=schema)


class _Taken(io.RawIOBase):
    """A file that is only written to, and emptied as it fills."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[bytes] = []
        self._length = 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._length

    def write(self, data: bytes, /) -> int:  # type: ignore[override]
        part = bytes(data)
        self._parts.append(part)
        self._length += len(part)
        return len(part)

    def take(self) -> bytes:
        """What was written since the last time."""
        parts, self._parts = self._parts, []
        return b"".join(parts)
