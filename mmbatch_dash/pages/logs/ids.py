"""Ids of the page Logs."""

from enum import StrEnum


class LogsId(StrEnum):
    """Every id callbacks speak to."""

    TITLE = "logs-title"
    FILES = "logs-files"
    SEARCH = "logs-search"
    SHOWN = "logs-shown"
