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
    WHAT_IF_INTERVAL = "insight-what-if-interval"
    WHAT_IF_PURCHASE = "insight-what-if-purchase"
    WHAT_IF_RUN = "insight-what-if-run"
    WHAT_IF_CANCEL = "insight-what-if-cancel"
    WHAT_IF_TICK = "insight-what-if-tick"
    WHAT_IF_ID = "insight-what-if-id"
    WHAT_IF_RESULT = "insight-what-if-result"
