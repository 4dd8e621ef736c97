"""What a figure is: one that is kept per job and totalled, or a count over the selected jobs."""

from dataclasses import dataclass
from enum import StrEnum

from mmbatch_dash.domain.figures.applies import Applies
from mmbatch_dash.domain.figures.formula import Formula, describe


class Unit(StrEnum):
    """What a figure is counted in."""

    COUNT = "count"
    HOURS = "h"
    SECONDS = "s"
    USD = "USD"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure that is kept per job and totalled over a selection.

    Attributes:
        name: column, JSON key and CSV header; the unit is in it.
        label: what people read.
        short: the same where there is little room, as over a column.
        unit: what it is counted in.
        computed: per job.
        definition: one or two plain sentences.
        applies: the jobs whose figure counts into coverage.
        unknown_when: why a job has no such figure.
        of_no_jobs: the total over an empty selection; None is unknown.
        listed: whether the job list shows it without being asked.
    """

    name: str
    label: str
    short: str
    unit: Unit
    computed: Formula
    definition: str
    applies: Applies
    unknown_when: str
    of_no_jobs: float | None = None
    listed: bool = False

    @property
    def formula(self) -> str:
        """Per job, in words."""
        return describe(self.computed)

    @property
    def applies_to(self) -> str:
        """The jobs whose figure counts into coverage, in words."""
        return self.applies.words


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """A figure that is a number of things and always known; attributes as those of a figure."""

    name: str
    label: str
    formula: str
    definition: str
    applies_to: str
    unit: Unit = Unit.COUNT
    unknown_when: str = "never"
