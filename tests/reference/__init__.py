"""An independent, slow and plain reading of docs/definitions.md, to hold the product's fold and figures against.

It must not know the product's SQL: it shares only the fact vocabulary of `mmbatch_dash.domain`.
"""

from tests.reference.figures import JobReport, report_jobs
from tests.reference.pricing import Price, PricingSettings
from tests.reference.said import Said, said_by_entries, said_by_events
from tests.reference.totals import Totals, total

__all__ = [
    "JobReport",
    "Price",
    "PricingSettings",
    "Said",
    "Totals",
    "report_jobs",
    "said_by_entries",
    "said_by_events",
    "total",
]
