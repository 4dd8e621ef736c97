"""Statements whose rows leave as files, and reading them piece by piece with a cursor held only that long."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import pyarrow as pa

from mmbatch_dash.domain.paging import Sort
from mmbatch_dash.domain.selection import Selection
from mmbatch_dash.domain.spreadsheet import FORMULA_STARTS
from mmbatch_dash.store.database import Database
from mmbatch_dash.store.figure_sql import COST_SQL
from mmbatch_dash.store.queries.job_fields import ATTEMPT_FIELDS, CHECKPOINT_FIELDS, JOB_FIELD, JOB_FIELDS, Field, Shape
from mmbatch_dash.store.queries.nodes import NODE_COLUMNS, NodePatience, NodeState, nodes_statement
from mmbatch_dash.store.queries.where import select_jobs

_OF_THE_JOB = ("name", "queue", "user")
_NODE_SHAPES = {
    **dict.fromkeys(NODE_COLUMNS, Shape.TEXT),
    **dict.fromkeys(("vcpus", "memory_mib", "silent_seconds"), Shape.NUMBER),
    **dict.fromkeys(("running_jobs", "attempts"), Shape.WHOLE),
    **{name: Shape.INSTANT for name in NODE_COLUMNS if name.endswith("_at")},
    "running_job_ids": Shape.TEXTS,
}
NODE_FIELDS = tuple(Field(name, _NODE_SHAPES[name]) for name in NODE_COLUMNS)
ATTEMPT_EXPORT_FIELDS = (
    Field("job_id", Shape.TEXT),
    *(JOB_FIELD[name] for name in _OF_THE_JOB),
    *(field for field in ATTEMPT_FIELDS if field.name != "job_id"),
    Field("cost_usd", Shape.NUMBER),
)
"""Columns of an exported attempt: some of its job's, its own, and what it cost once it ended."""


_OF_A_CHECKPOINTS_JOB = ("job_id", *_OF_THE_JOB)
CHECKPOINT_EXPORT_FIELDS = (*(JOB_FIELD[name] for name in _OF_A_CHECKPOINTS_JOB), *CHECKPOINT_FIELDS)
"""Columns of an exported checkpoint: some of its job's, and its own."""


class Form(StrEnum):
    """What a statement's rows are written as."""

    CSV = "csv"
    PARQUET = "parquet"


@dataclass(frozen=True, slots=True)
class Statement:
    """A SELECT with its parameters and the names of its columns."""

    sql: str
    parameters: list[Any]
    columns: tuple[str, ...]


def jobs_export(selection: Selection, form: Form, sort: Sort | None = None) -> Statement:
    """The selected jobs with all their columns, in no order unless one is asked for."""
    condition = select_jobs(selection)
    order = ""
    if sort is not None:
        direction = "DESC" if sort.descending else "ASC"
        order = f" ORDER BY j.{JOB_FIELD[sort.column].sql} {direction} NULLS LAST, j.job_id"
    sql = f"SELECT {_written(JOB_FIELDS, form, selection.tz, 'j.')} FROM jobs j WHERE {condition.sql}{order}"
    return Statement(sql, condition.parameters, _names(JOB_FIELDS))


def attempts_export(selection: Selection, form: Form) -> Statement:
    """The attempts of the selected jobs, in no order."""
    condition = select_jobs(selection)
    of_job = ", ".join(f"s.{JOB_FIELD[name].sql}" for name in _OF_THE_JOB)
    sql = f"""
        SELECT {_written(ATTEMPT_EXPORT_FIELDS, form, selection.tz, "r.")} FROM (
            SELECT a.*, {of_job},
                   {COST_SQL} AS cost_usd
            FROM attempts a
            JOIN (SELECT job_key, {", ".join(JOB_FIELD[name].sql for name in _OF_THE_JOB)}
                  FROM jobs WHERE {condition.sql}) s USING (job_key)) r"""
    return Statement(sql, condition.parameters, _names(ATTEMPT_EXPORT_FIELDS))


def checkpoints_export(selection: Selection, form: Form) -> Statement:
    """The checkpoints of the selected jobs, in no order."""
    condition = select_jobs(selection)
    of_job = ", ".join(f"s.{JOB_FIELD[name].sql}" for name in _OF_A_CHECKPOINTS_JOB)
    sql = f"""
        SELECT {_written(CHECKPOINT_EXPORT_FIELDS, form, selection.tz, "r.")} FROM (
            SELECT c.*, {of_job}
            FROM checkpoints c
            JOIN (SELECT job_key, {", ".join(JOB_FIELD[name].sql for name in _OF_A_CHECKPOINTS_JOB)}
                  FROM jobs WHERE {condition.sql}) s USING (job_key)) r"""
    return Statement(sql, condition.parameters, _names(CHECKPOINT_EXPORT_FIELDS))


def nodes_export(
    selection: Selection, form: Form, as_of: datetime, patience: NodePatience, states: tuple[NodeState, ...] = ()
) -> Statement:
    """The nodes of the selection, finished ones too, in the states asked for, those heard of last first."""
    inner, parameters = nodes_statement(selection, as_of, patience, states=states)
    written = _written(NODE_FIELDS, form, selection.tz, "n.")
    sql = f"SELECT {written} FROM ({inner}) n ORDER BY n.last_heartbeat_at DESC NULLS LAST, n.node_id"
    return Statement(sql, parameters, _names(NODE_FIELDS))


def read_batches(database: Database, statement: Statement, batch_rows: int) -> Iterator[pa.RecordBatch]:
    """The rows in batches as the store finds them; the cursor is given back when the last was read or the reader goes.

    Nothing is held beyond a batch or two, however many rows there are.
    """
    with database.cursor() as cursor:
        relation = cursor.sql(statement.sql, params=statement.parameters)
        with closing(relation.to_arrow_reader(batch_rows)) as reader:
            yield from reader


def _names(fields: tuple[Field, ...]) -> tuple[str, ...]:
    return tuple(field.name for field in fields)


def _written(fields: tuple[Field, ...], form: Form, tz: str, prefix: str) -> str:
    write = _in_csv if form is Form.CSV else _in_parquet
    return ", ".join(f"{write(f'{prefix}{field.sql}', field.shape, tz)} AS {field.sql}" for field in fields)


def _in_csv(column: str, shape: Shape, tz: str) -> str:
    if shape is Shape.INSTANT:
        return _iso(column, tz)
    if shape in (Shape.NUMBER, Shape.WHOLE, Shape.FLAG):
        return column
    text = _in_parquet(column, shape, tz)
    starts = ", ".join(f"chr({ord(start)})" for start in FORMULA_STARTS)
    return f"CASE WHEN ({text})[1] IN ({starts}) THEN '''' || {text} ELSE {text} END"


def _in_parquet(column: str, shape: Shape, tz: str) -> str:
    del tz  # an instant is one; readers of Parquet choose the zone
    if shape is Shape.INSTANT:
        return f"timezone('UTC', {column})"
    if shape is Shape.TAGS:
        return f"(to_json({column})::VARCHAR)"
    if shape is Shape.TEXTS:
        return f"array_to_string({column}, ' ')"
    return column


def _iso(column: str, tz: str) -> str:
    """ISO 8601 with offset in a zone; always six decimals, so that a column has one form."""
    if tz == "UTC":
        return f"strftime({column}, '%Y-%m-%dT%H:%M:%S.%fZ')"
    zone = tz.replace("'", "''")
    local = f"timezone('{zone}', timezone('UTC', {column}))"
    minutes = f"((epoch_us({local}) - epoch_us({column})) // 60000000)"
    return (
        f"strftime({local}, '%Y-%m-%dT%H:%M:%S.%f') || CASE WHEN {minutes} < 0 THEN '-' ELSE '+' END "
        f"|| lpad((abs({minutes}) // 60)::VARCHAR, 2, '0') || ':' || lpad((abs({minutes}) % 60)::VARCHAR, 2, '0')"
    )
