"""Ids of the page Connect."""

from enum import StrEnum


class ConnectId(StrEnum):
    """Every id callbacks speak to."""

    DOORS = "connect-doors"
    RECIPES = "connect-recipes"
    MAKE = "connect-make"
    FRESH = "connect-fresh"
    TOLD = "connect-told"
