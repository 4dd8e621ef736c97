"""What the gate knows of the Dash app, which is made after it: its callbacks, and the inline scripts its pages need."""

from collections.abc import Mapping
from typing import Any, Protocol


class _Dash(Protocol):
    @property
    def callback_map(self) -> Mapping[str, Any]: ...

    def csp_hashes(self) -> list[str]: ...


class DashApp:
    """Empty until the app is known."""

    def __init__(self) -> None:
        self._dash: _Dash | None = None
        self._hashes: list[str] | None = None

    def know(self, dash: Any) -> None:
        """Takes the app, once all callbacks are registered."""
        self._dash = dash

    @property
    def callback_map(self) -> Mapping[str, Any]:
        """The callbacks by name."""
        return self._dash.callback_map if self._dash is not None else {}

    def csp_hashes(self) -> list[str]:
        """Hashes of the inline scripts; made at the first request, since callbacks may still be added before it."""
        if self._dash is None:
            return []
        if self._hashes is None:
            self._hashes = list(self._dash.csp_hashes())
        return self._hashes
