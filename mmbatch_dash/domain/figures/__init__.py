"""The figures: one declaration each, and what declarations are made of."""

from mmbatch_dash.domain.figures.declared import (
    ENGINEERING_FIGURES,
    FIGURE,
    FIGURES,
    HEADLINE_COUNTS,
    JOB_FIGURES,
    PER_JOB,
    PROTECTION_OUTCOMES,
    RENAMED,
    SPOT_PROTECTIONS,
    TOTAL_JOBS,
    TOTALLED,
)
from mmbatch_dash.domain.figures.figure import Count, Figure, Unit

__all__ = [
    "ENGINEERING_FIGURES",
    "FIGURE",
    "FIGURES",
    "HEADLINE_COUNTS",
    "JOB_FIGURES",
    "PER_JOB",
    "PROTECTION_OUTCOMES",
    "RENAMED",
    "SPOT_PROTECTIONS",
    "TOTALLED",
    "TOTAL_JOBS",
    "Count",
    "Figure",
    "Unit",
]
