"""What the page shows beside the form, brought up to date where it changed and left alone where it did not."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from dash import html, no_update
from dash.development.base_component import Component

from mmbatch_dash.pages.configuration.standing import (
    build_history,
    build_news,
    build_obedience,
    build_pending,
    build_refused,
)
from mmbatch_dash.services import Services
from mmbatch_dash.store.config.store import ConfigStore


def build_scope(store: ConfigStore, *, may_change: bool) -> str:
    """Which version the form shows, from which file, and whether its reader may change it."""
    text = f"Version {store.version}, from {store.place}."
    return text if may_change else f"{text} Only admins change it."


def watch(
    services: Services,
    opened_at: int,
    told: str,
    zone: ZoneInfo,
    known: Mapping[str, str],
    *,
    may_change: bool,
) -> tuple[Any, ...]:
    """Standing, news, who obeys and history, each only where it changed, and the digests that tell so next time.

    Args:
        services: what is read.
        opened_at: version the form was opened at.
        told: what came of the last thing done here.
        zone: of the times shown.
        known: digests of what is shown.
        may_change: whether the reader may restore and restart.
    """
    now, store = datetime.now(UTC), services.config
    state, pending, obeys = store.state(), services.applying.pending(), services.obedience.report()
    digests = {
        "standing": _digest(state.problem, pending, may_change),
        "news": _digest(state.version > opened_at, state.version, told),
        "obedience": _digest(obeys, zone),
        "history": _digest(state.version, zone, may_change),
    }
    changed = {name for name, digest in digests.items() if known.get(name) != digest}
    history = store.history() if changed & {"history", "news"} else []
    standing: list[Component] = [build_refused(state.problem)] if state.problem else []
    if pending:
        address = next((str(one.configured) for one in pending if one.key == "addr"), "")
        may_restart = may_change and services.applying.can_restart()
        standing.append(build_pending(pending, may_restart=may_restart, new_address=address))
    news: Component | None = None
    if "news" in changed and state.version > opened_at:
        news = build_news(state.version, history[0].who)
    elif told:
        news = html.Div(html.Strong(told), className="notice configuration-banner is-done", role="status")
    return (
        standing if "standing" in changed else no_update,
        news if "news" in changed else no_update,
        build_obedience(obeys, zone, now) if "obedience" in changed else no_update,
        build_history(history, zone, may_change=may_change) if "history" in changed else no_update,
        digests,
    )


def _digest(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]
