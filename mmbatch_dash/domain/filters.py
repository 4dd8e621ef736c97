"""How a parameter that chooses jobs is declared, and what follows from it.

`Selection` declares each filter once, at its field. From there parsing, SQL, the rollup, groupings, the API document,
the filter bar, chips, file names and the tests take what they need: adding a filter is adding one field.
"""

from dataclasses import dataclass
from enum import StrEnum

UNKNOWN = "(none)"
"""How a missing value of a dimension is written where a value is chosen or shown as a row."""


class Match(StrEnum):
    """How the values of a filter are compared with a job."""

    VALUE = "value"
    TAG = "tag"
    TEXT = "text"
    COLUMNS = "columns"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A query parameter.

    Attributes:
        about: a sentence for readers of the API.
        name: as requests spell it; empty where it is the name of the field.
        vocabulary: the only values it takes; empty where any will do.
        example: a value that is understood.
        least: the smallest whole number it takes; None where it is no number.
        most: the largest.
        many: it may be given several times.
    """

    about: str
    name: str = ""
    vocabulary: tuple[str, ...] = ()
    example: str = ""
    least: int | None = None
    most: int = 10**9
    many: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter(Parameter):
    """A parameter that leaves jobs out.

    Attributes:
        label: what people call it.
        match: how values are compared.
        columns: of the job row, for Match.VALUE; values of several are written with SEPARATOR between them.
            Whatever has columns can also be grouped by.
        rolled: the rollup keeps it apart, so history can be added up by it without looking at the jobs.
        on_nodes: a node has such columns of its own; where not, nodes are chosen by the jobs that ran on them.
        menu: the filter bar has a menu of its values.
    """

    label: str
    match: Match = Match.VALUE
    columns: tuple[str, ...] = ()
    rolled: bool = False
    on_nodes: bool = False
    menu: bool = True


SEPARATOR = "/"
"""Between the values of a filter over several columns: m5.large/us-east-1a."""
