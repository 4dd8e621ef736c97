"""Putting values into a tree of components, as callbacks would once it is in the browser."""

from collections.abc import Mapping
from typing import Any

from dash.development.base_component import Component


def fill(tree: Component, values: Mapping[tuple[str, str], Any]) -> Component:
    """The tree itself, with each (id, property) of the values set."""
    places = {part.id: part for part in tree._traverse() if getattr(part, "id", None)}
    for (name, prop), value in values.items():
        setattr(places[name], prop, value)
    return tree
