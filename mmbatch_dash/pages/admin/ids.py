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
    TELLER = "disown-teller"
    SOURCE = "disown-source"
    SINCE = "disown-since"
    UNTIL = "disown-until"
    FORESEE = "disown-foresee"
    FORESEE_UNDO = "disown-foresee-undo"
    FORESEEN = "disown-foreseen"
    DISOWN = "disown-do"
    DISOWN_WISH = "disown-wish"
    DISOWN_DONE = "disown-done"
    DISOWNED = "disowned-list"
    DISOWNED_NONE = "disowned-none"
    STORAGE = "server-storage"
    VERSIONS = "server-versions"
