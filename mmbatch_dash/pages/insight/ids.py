"""Ids of the page of insight."""

from enum import StrEnum


class InsightId(StrEnum):
    """Every id callbacks speak to."""

    SCOPE = "insight-scope"
    BY = "insight-by"
    SUMMARY = "insight-summary"
    ROWS = "insight-rows"
    WAITING = "insight-waiting"
    EFFICIENCY = "insight-efficiency"
    DIGESTS = "insight-digests"
