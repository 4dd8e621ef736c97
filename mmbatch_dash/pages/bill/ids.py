"""Ids of the page Bill."""

from enum import StrEnum


class BillId(StrEnum):
    """Every id callbacks speak to."""

    COMPARED = "bill-compared"
    HOW = "bill-how"
    LEAD = "bill-lead"
    CAUSES = "bill-causes"
    DAYS = "bill-days"
    ROWS = "bill-rows"
    FILES = "bill-files"
    DROP = "bill-drop"
    EXPORT = "bill-export"
