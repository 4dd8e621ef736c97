"""Ids of the page of nodes."""

from enum import StrEnum


class NodesId(StrEnum):
    """Every id callbacks speak to."""

    SCOPE = "nodes-scope"
    STATES = "nodes-states"
    TABLE = "nodes-table"
    NOTICE = "nodes-notice"
    CSV = "nodes-csv"
    FINISHED_CSV = "nodes-finished-csv"
    TYPE = "nodes-type"
    ZONE = "nodes-zone"
    OPTION = "nodes-option"
    HEARD = "nodes-heard"
    DIGESTS = "nodes-digests"
