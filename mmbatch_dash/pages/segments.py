"""A choice of a few, side by side, of which one holds."""

from collections.abc import Sequence
from typing import Any

import dash_bootstrap_components as dbc
from dash.development.base_component import Component


def build_segments(options: Sequence[dict[str, Any]], value: str, name: str, *, small: bool = False) -> Component:
    """The control.

    Args:
        options: label and value of each.
        value: of the one that holds.
        name: id of the control.
        small: for the head of a panel.
    """
    return dbc.RadioItems(
        options,
        value,
        id=name,
        class_name="segmented segmented-small" if small else "segmented",
        input_class_name="btn-check",
        label_class_name="segment",
        inline=True,
    )
