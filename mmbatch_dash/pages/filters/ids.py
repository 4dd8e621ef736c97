"""Ids of the filter bar."""

from enum import StrEnum


class FilterId(StrEnum):
    """Every id callbacks speak to."""

    BAR = "filters-bar"
    SHEET = "filters-sheet"
    RANGE = "filters-range"
    DATES = "filters-dates"
    DATES_BOX = "filters-dates-box"
    BASIS = "filters-basis"
    QUEUE = "filters-queue"
    STATUS = "filters-status"
    INSTANCE_TYPE = "filters-instance-type"
    PURCHASE_OPTION = "filters-purchase-option"
    USER = "filters-user"
    TAG = "filters-tag"
    TEXT = "filters-q"
    TIMEZONE = "filters-tz"
    ENGINEERING = "filters-engineering"
    CHIPS = "filters-chips"
    PROBLEM = "filters-problem"
    CHOICES = "filters-choices"


LIST_CONTROLS: dict[str, FilterId] = {
    "queue": FilterId.QUEUE,
    "status": FilterId.STATUS,
    "instance_type": FilterId.INSTANCE_TYPE,
    "purchase_option": FilterId.PURCHASE_OPTION,
    "user": FilterId.USER,
    "tag": FilterId.TAG,
}
"""Dropdowns by query parameter, in the order they stand and the clientside function knows."""
