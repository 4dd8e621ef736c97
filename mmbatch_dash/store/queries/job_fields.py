"""The columns of a job row as pages, API and files show them: one set of names for all (docs/definitions.md)."""

from dataclasses import dataclass
from enum import StrEnum

from mmbatch_dash.store.tables import PAIRS


class Shape(StrEnum):
    """What the values of a column are."""

    TEXT = "text"
    NUMBER = "number"
    WHOLE = "whole"
    INSTANT = "instant"
    FLAG = "flag"
    TAGS = "tags"
    TEXTS = "texts"


SORTABLE_SHAPES = frozenset({Shape.TEXT, Shape.NUMBER, Shape.WHOLE, Shape.INSTANT, Shape.FLAG})

_SHAPES = {
    "VARCHAR": Shape.TEXT,
    "DOUBLE": Shape.NUMBER,
    "INTEGER": Shape.WHOLE,
    "BIGINT": Shape.WHOLE,
    "TIMESTAMP": Shape.INSTANT,
    "BOOLEAN": Shape.FLAG,
    "MAP(VARCHAR, VARCHAR)": Shape.TAGS,
    "VARCHAR[]": Shape.TEXTS,
}
_INTERNAL = frozenset(
    {
        "job_key",
        "stands_at",
        "is_parent",
        "has_ended_attempt",
        "has_run",
        "never_started",
        "assumed_hours",
        "open_started_at",
        "open_usd_per_hour",
        "instance_key",
        "arn_key",
        "shared",
        "asked_share",
    }
)


@dataclass(frozen=True, slots=True)
class Field:
    """One column.

    Attributes:
        name: column, JSON key and CSV header; the unit is in it.
        shape: what its values are.
    """

    name: str
    shape: Shape

    @property
    def sql(self) -> str:
        """The column in a statement; one of them, user, is a word of SQL."""
        return f'"{self.name}"'


def fields_of(table: str) -> tuple[Field, ...]:
    """The columns of a table that leave the store, in its order."""
    return tuple(
        Field(name, _SHAPES[kind]) for name, kind in PAIRS[table].items() if kind in _SHAPES and name not in _INTERNAL
    )


JOB_FIELDS = fields_of("jobs")
ATTEMPT_FIELDS = fields_of("attempts")
CHECKPOINT_FIELDS = fields_of("checkpoints")
RESTORE_FIELDS = fields_of("restores")

JOB_FIELD = {field.name: field for field in JOB_FIELDS}
SORTABLE = tuple(field.name for field in JOB_FIELDS if field.shape in SORTABLE_SHAPES)
"""Columns a list of jobs can be sorted by."""
