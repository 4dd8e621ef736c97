"""Ids of the job list and of the page of one job."""

from enum import StrEnum


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
