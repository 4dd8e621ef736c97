"""Who looks at the page, in the top bar, and the banner of a server that is open to everybody."""

from typing import Any

from dash import Dash, Input, Output, html
from dash.development.base_component import Component
from flask import g, has_app_context

from mmbatch_dash.domain.identity import Identity
from mmbatch_dash.pages.ids import ShellId
from mmbatch_dash.pages.wiring import callback

OPEN_TO_EVERYBODY = "insecure"


def build_user_slot() -> Component:
    """Where the name goes; empty until it is known."""
    return html.Div(id=ShellId.USER.value, className="user-slot")


def build_open_banner() -> Component:
    """Shown only where nobody has to log in and others reach the server."""
    return html.Div(
        [html.Strong("Open to everybody."), " Whoever reaches this server may do everything (--insecure-open)."],
        id=ShellId.OPEN_BANNER.value,
        className="banner banner-open",
        role="alert",
        hidden=True,
    )


def register_user(app: Dash) -> None:
    """Wires both."""

    @callback(
        app,
        Output(ShellId.USER.value, "children"),
        Output(ShellId.OPEN_BANNER.value, "hidden"),
        Input(ShellId.LOCATION.value, "pathname"),
        prevent_initial_call=True,
    )
    def show_user(_pathname: str | None) -> tuple[Any, bool]:
        return read_user()


def read_user() -> tuple[list[Component], bool]:
    """Who asks, and whether the banner is hidden."""
    if not has_app_context():
        return [], True
    return build_user(g.get("identity")), g.get("door") != OPEN_TO_EVERYBODY


def build_user(identity: object) -> list[Component]:
    """Links to the account, and for admins to tokens and audit log."""
    if not isinstance(identity, Identity) or not identity.is_known:
        return []
    links = []
    if identity.is_admin:
        links.append(
            html.A(
                "Admin",
                href="/admin/quarantine",
                className="user-link",
                title="Quarantine, storage, tokens, audit log, login",
            )
        )
    if identity.signed_in:
        links.append(html.A(identity.name, href="/account", className="user-link", title="Account and sign-out"))
    return links
