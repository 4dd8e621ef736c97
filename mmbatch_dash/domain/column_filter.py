"""Filters on single columns of jobs: `cost_usd>=5`, `runtime_seconds<=3600`, `name~wgs`."""

import math
import re
from enum import StrEnum
from typing import NamedTuple

from mmbatch_dash.domain.errors import InvalidFilter
from mmbatch_dash.domain.figures import FIGURE, RENAMED

MOST_FILTERS = 40


class Sign(StrEnum):
    """How a column is compared; a job whose value is unknown fits none of them."""

    LEAST = ">="
    MOST = "<="
    CONTAINS = "~"


class Measure(StrEnum):
    """What the values of a column are."""

    TEXT = "text"
    COUNT = "count"
    USD = "USD"
    HOURS = "h"
    SECONDS = "s"
    MIB = "MiB"


FILTERABLE: dict[str, tuple[str, Measure]] = {
    "job_id": ("Job id", Measure.TEXT),
    "name": ("Name", Measure.TEXT),
    "queue": ("Queue", Measure.TEXT),
    "user": ("User", Measure.TEXT),
    "instance_types": ("Instance types", Measure.TEXT),
    "availability_zone": ("Zone", Measure.TEXT),
    "status_reason": ("Status reason", Measure.TEXT),
    **{name: (figure.short, Measure(figure.unit)) for name, figure in FIGURE.items()},
    "attempts": ("Attempts", Measure.COUNT),
    "checkpoints_succeeded": ("Checkpoints", Measure.COUNT),
    "vcpus": ("vCPUs", Measure.COUNT),
    "memory_mib": ("Memory", Measure.MIB),
}
"""Columns that can be filtered: what people call them and what their values are, in the order they are offered."""

_FORM = re.compile(r"([a-z_]+)(>=|<=|~)(.+)", re.DOTALL)


class ColumnFilter(NamedTuple):
    """One filter.

    Attributes:
        value: a number in the unit of the column, or the text looked for, whatever its case.
    """

    column: str
    sign: Sign
    value: float | str

    def __str__(self) -> str:
        value = self.value if isinstance(self.value, str) else repr(self.value).removesuffix(".0")
        return f"{self.column}{self.sign.value}{value}"


def parse_column_filter(text: str) -> ColumnFilter:
    """The filter a `where` parameter asks for.

    Raises:
        InvalidFilter: it is not of that form, the column is none of FILTERABLE, or the value does not suit it.
    """
    found = _FORM.fullmatch(text)
    if not found:
        raise InvalidFilter(f"{text[:80]!r} is not like cost_usd>=5, cost_usd<=9.5 or name~text", field="where")
    column, sign, value = RENAMED.get(found[1], found[1]), Sign(found[2]), found[3]
    if column not in FILTERABLE:
        raise InvalidFilter(f"{column[:80]!r} is not one of {', '.join(FILTERABLE)}", field="where")
    textual = FILTERABLE[column][1] is Measure.TEXT
    if textual != (sign is Sign.CONTAINS):
        ways = "~ only" if textual else ">= and <= only"
        raise InvalidFilter(f"{column} takes {ways}, not {sign.value}", field="where")
    if textual:
        return ColumnFilter(column, sign, value)
    return ColumnFilter(column, sign, _number(column, value))


def _number(column: str, text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number) or "_" in text:
        raise InvalidFilter(f"{column}: {text[:80]!r} is not a number", field="where")
    return number
