"""Whom every page and every Dash callback is for; endpoints of the API say it themselves, beside their functions.

What is named neither here nor there is for admins only, and a test fails.
"""

from collections.abc import Mapping
from typing import Any

from mmbatch_dash.domain.endpoints import declared
from mmbatch_dash.domain.identity import Audience, marked_audience

ANYONE, INGEST, NODE, READER, KNOWN, ADMIN = (
    Audience.ANYONE,
    Audience.INGEST,
    Audience.NODE,
    Audience.READER,
    Audience.KNOWN,
    Audience.ADMIN,
)

# (method, url rule) → audience. HEAD is GET; OPTIONS is for whoever may do anything else there.
ROUTES: dict[tuple[str, str], Audience] = {
    # The way in.
    ("GET", "/login"): ANYONE,
    ("POST", "/login"): ANYONE,
    ("POST", "/login/challenge"): ANYONE,
    ("GET", "/login/forgotten"): ANYONE,
    ("POST", "/login/forgotten"): ANYONE,
    ("POST", "/login/forgotten/confirm"): ANYONE,
    ("GET", "/login/hosted"): ANYONE,
    ("GET", "/login/callback"): ANYONE,
    ("GET", "/setup"): ANYONE,
    ("POST", "/setup"): ANYONE,
    ("POST", "/logout"): ANYONE,
    ("GET", "/account"): KNOWN,
    ("POST", "/account/everywhere"): KNOWN,
    # For admins.
    ("GET", "/admin/users"): ADMIN,
    ("POST", "/admin/users"): ADMIN,
    ("POST", "/admin/users/remove"): ADMIN,
    ("GET", "/admin/tokens"): ADMIN,
    ("POST", "/admin/tokens"): ADMIN,
    ("POST", "/admin/tokens/revoke"): ADMIN,
    ("GET", "/admin/audit"): ADMIN,
    ("GET", "/admin/audit.csv"): ADMIN,
    ("GET", "/admin/audit.jsonl"): ADMIN,
    ("GET", "/admin/cognito"): ADMIN,
    ("POST", "/admin/cognito"): ADMIN,
    ("POST", "/admin/cognito/disable"): ADMIN,
    # What styles the sign-in page.
    ("GET", "/assets/<path:filename>"): ANYONE,
    ("GET", "/_favicon.ico"): ANYONE,
    # Pages. What a callback does is decided callback by callback, below.
    ("GET", "/"): READER,
    ("GET", "/<path:path>"): READER,
    ("GET", "/_dash-component-suites/<string:package_name>/<path:fingerprinted_path>"): READER,
    ("GET", "/_dash-layout"): READER,
    ("GET", "/_dash-dependencies"): READER,
    ("GET", "/_reload-hash"): READER,
    ("POST", "/_dash-update-component"): READER,
    **{(method, "/api/<path:rest>"): READER for method in ("GET", "POST", "PUT", "DELETE")},
}

EXPORTS = frozenset({"/admin/audit.csv", "/admin/audit.jsonl"})
"""Rules whose answers leave the product as files, beside the endpoints that say so of themselves."""

# First word of the ids a callback writes to → audience. A mark on the callback (for_admins, for_readers) goes first.
PAGES: dict[str, Audience] = {
    "shell": READER,
    "filters": READER,
    "dashboard": READER,
    "jobs": READER,
    "job": READER,
    "nodes": READER,
    "alerts": READER,
    "bill": READER,
    "connect": READER,
    "logs": READER,
    "node": READER,
    "rejects": READER,
}

DASH_UPDATE = "/_dash-update-component"
ALIVE = "/healthz"
"""Says that the server answers, and nothing else."""
_WAYS_IN = ("/login", "/setup")


def is_way_in(path: str) -> bool:
    """Whether people come here to sign in. Tokens have no business there."""
    return path.startswith(_WAYS_IN)


def find_declared(method: str, rule: str, view: object = None) -> Audience | None:
    """The declared audience of a method and url rule; None where there is none.

    Args:
        method: of the request.
        rule: as Flask has it.
        view: the function behind it; what it declares itself goes first.
    """
    if (endpoint := declared(view)) is not None:
        return endpoint.who
    if method == "OPTIONS":
        return next((audience for (_, known), audience in ROUTES.items() if known == rule), None)
    return ROUTES.get(("GET" if method == "HEAD" else method, rule))


def is_export(rule: str, view: object) -> bool:
    """Whether the answers of a rule leave the product as files; each is in the audit log."""
    endpoint = declared(view)
    return rule in EXPORTS or (endpoint is not None and endpoint.exported)


def is_download(callback: str) -> bool:
    """Whether a Dash callback hands out a file."""
    return any(target.endswith("-download.data") for target in _targets(callback))


def audience_of_callback(callback_map: Mapping[str, Any], output: object) -> Audience:
    """Whom a Dash callback is for; admins, if that is declared nowhere or there is no such callback."""
    if not isinstance(output, str) or output not in callback_map:
        return ADMIN
    declared = find_declared_callback(callback_map, output)
    return ADMIN if declared is None else declared


def find_declared_callback(callback_map: Mapping[str, Any], output: str) -> Audience | None:
    """The declared audience of a callback; None where there is none."""
    mark = marked_audience(callback_map[output].get("callback"))
    if mark is not None:
        return mark
    found = {PAGES.get(word) for word in _words(output)}
    if not found or None in found:
        return None
    return ADMIN if ADMIN in found else READER


def _words(output: str) -> set[str]:
    """First words of the ids in Dash's name of a callback: `..shell-content.children...filters-bar.hidden..`."""
    return {target.lstrip("{").partition(".")[0].partition("-")[0] for target in _targets(output)}


def _targets(output: str) -> list[str]:
    return output.strip(".").split("...") if output.startswith("..") else [output]
