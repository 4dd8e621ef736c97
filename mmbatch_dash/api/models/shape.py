"""What models of answers are made of."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, create_model

from mmbatch_dash.store.queries.job_fields import Field as Column
from mmbatch_dash.store.queries.job_fields import Shape as ColumnShape


class Shape(BaseModel):
    """Base of every answer: what it does not name is not in it."""

    model_config = ConfigDict(extra="forbid", frozen=True)


Count = Annotated[int, Field(ge=0)]
Instant = datetime

_TYPES: dict[ColumnShape, Any] = {
    ColumnShape.TEXT: str | None,
    ColumnShape.NUMBER: float | None,
    ColumnShape.WHOLE: int | None,
    ColumnShape.INSTANT: Instant | None,
    ColumnShape.FLAG: bool | None,
    ColumnShape.TAGS: dict[str, str | None] | None,
    ColumnShape.TEXTS: list[str] | None,
}


def record(name: str, about: str, members: dict[str, Any], *, base: type[Shape] = Shape) -> type[Shape]:
    """A model of these members, all of them always there."""
    fields: dict[str, Any] = {member: (kind, ...) for member, kind in members.items()}
    return create_model(name, __base__=base, __doc__=about, **fields)


def columns(fields: Iterable[Column]) -> dict[str, Any]:
    """Members for columns of the store, by their shapes."""
    return {column.name: _TYPES[column.shape] for column in fields}
