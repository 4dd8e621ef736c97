"""What selected jobs can be grouped by: every filter on columns of a job, days, and the values of one tag."""

from dataclasses import dataclass

from mmbatch_dash.domain.errors import InvalidFilter
from mmbatch_dash.domain.filters import Match
from mmbatch_dash.domain.nearest import describe_choice
from mmbatch_dash.domain.selection import FILTERS

DAY = "day"
_TAG = "tag"
_BY_COLUMNS = tuple(name for name, declared in FILTERS.items() if declared.match is Match.VALUE)

GROUPINGS = (*_BY_COLUMNS, DAY, f"{_TAG}:KEY")
"""What `by` may say; KEY stands for any key of a tag."""


@dataclass(frozen=True, slots=True)
class Grouping:
    """What jobs are grouped by.

    Attributes:
        name: of a filter on columns; day; or tag.
        tag: key of the tag whose values group, else None.
    """

    name: str
    tag: str | None = None

    def __str__(self) -> str:
        return self.name if self.tag is None else f"{self.name}:{self.tag}"


def parse_grouping(text: str) -> Grouping:
    """The grouping that `by` asks for.

    Raises:
        InvalidFilter: it is none of GROUPINGS.
    """
    if text in (*_BY_COLUMNS, DAY):
        return Grouping(text)
    name, colon, key = text.partition(":")
    if name == _TAG and colon and key:
        return Grouping(_TAG, key)
    raise InvalidFilter(describe_choice(text, GROUPINGS), field="by")


QUEUE = Grouping("queue")
