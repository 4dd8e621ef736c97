"""Ids of the pages for admins."""

from enum import StrEnum


class AdminId(StrEnum):
    """Every id callbacks speak to."""

    SCOPE = "quarantine-scope"
    TABLE = "quarantine-table"
    TOLD = "quarantine-told"
    WISH = "quarantine-wish"
    SETTLED = "quarantine-settled"
    DIGESTS = "quarantine-digests"
    QUESTION = "quarantine-question"
    STORAGE = "server-storage"
    VERSIONS = "server-versions"
