"""Live pages send only what changed: the rest keeps focus, scroll and open menus."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from dash import no_update


def keep_unchanged(panels: Mapping[str, Any], digests: Mapping[str, str] | None) -> tuple[dict[str, Any], Any]:
    """The panels, those the browser already shows replaced by no_update, and the digests of all.

    Args:
        panels: component id → new property.
        digests: of what the browser shows; None when it shows nothing yet.
    """
    now = {name: _digest(panel) for name, panel in panels.items()}
    before = digests or {}
    changed = {name: no_update if before.get(name) == now[name] else panel for name, panel in panels.items()}
    return changed, no_update if before == now else now


def _digest(panel: Any) -> str:
    text = json.dumps(panel, default=lambda part: part.to_plotly_json(), sort_keys=True)
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=9).hexdigest()
