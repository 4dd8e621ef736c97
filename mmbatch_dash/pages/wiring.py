"""Dash's callback decorator with a type: Dash has none for it, and without one every callback would be unchecked."""

from collections.abc import Callable
from typing import Any, TypeVar

from dash import Dash

Function = TypeVar("Function", bound=Callable[..., Any])


def callback(app: Dash, *parts: Any, **options: Any) -> Callable[[Function], Function]:
    """A decorator that wires a function to the app and gives back the function as it is.

    Args:
        app: the Dash app.
        *parts: its outputs, inputs and states, as `Dash.callback` takes them.
        **options: likewise.
    """
    wire: Callable[[Function], Function] = app.callback(*parts, **options)
    return wire
