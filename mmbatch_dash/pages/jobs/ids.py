"""Ids of the job list and of the page of one job."""

from enum import StrEnum

from mmbatch_dash.domain.column_filter import Sign

_SIGNS = {Sign.LEAST: "least", Sign.MOST: "most", Sign.CONTAINS: "contains"}


class JobsId(StrEnum):
    """Every id of the list that callbacks speak to."""

    PAGE = "jobs-page"
    SCOPE = "jobs-scope"
    NOTICE = "jobs-notice"
    GRID = "jobs-grid"
    TOTALS = "jobs-totals"
    COLUMNS = "jobs-columns"
    CSV = "jobs-csv"
    PARQUET = "jobs-parquet"
    FAILED = "jobs-failed"
    SYNC = "jobs-sync"
    WHERE = "jobs-where"


class JobId(StrEnum):
    """Every id of the page of one job that callbacks speak to."""

    WANTED = "job-wanted"
    DIGESTS = "job-digests"
    MISSING = "job-missing"
    BODY = "job-body"
    HEAD = "job-head"
    FACTS = "job-facts"
    FAMILY = "job-family"
    TIMELINE = "job-timeline"
    TIMELINE_BOX = "job-timeline-box"
    TIMELINE_TEXT = "job-timeline-text"
    FIGURES = "job-figures"
    ATTEMPTS = "job-attempts"
    CHECKPOINTS = "job-checkpoints"
    EVENTS = "job-events"
    OLDER = "job-older"
    LATEST = "job-latest"
    SKIPPED = "job-skipped"


def where_id(column: str, sign: Sign) -> str:
    """The id of the control of a filter on one column."""
    return f"jobs-where-{column}-{_SIGNS[sign]}"
