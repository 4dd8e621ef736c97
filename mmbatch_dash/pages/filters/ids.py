"""Ids of the filter bar."""

from enum import StrEnum

from mmbatch_dash.domain.selection import FILTERS


class FilterId(StrEnum):
    """Every id callbacks speak to."""

    BAR = "filters-bar"
    SHEET = "filters-sheet"
    RANGE = "filters-range"
    DATES = "filters-dates"
    DATES_BOX = "filters-dates-box"
    BASIS = "filters-basis"
    TEXT = "filters-q"
    TIMEZONE = "filters-tz"
    ENGINEERING = "filters-engineering"
    CHIPS = "filters-chips"
    PROBLEM = "filters-problem"
    CHOICES = "filters-choices"
    FOUND = "filters-found"


LIST_CONTROLS: dict[str, str] = {
    name: f"filters-{name.replace('_', '-')}" for name, declared in FILTERS.items() if declared.menu
}
"""Query parameter → id of its menu, in the order they stand and the clientside function is given them."""
