"""How long a body its sender may send, judged by the head alone, before anything of it is read.

This is not the gate: that comes afterwards and decides. It only keeps the bodies of those whom the gate would refuse
from being received.
"""

from collections.abc import Callable, Mapping
from typing import Any

import flask
from werkzeug.middleware.proxy_fix import ProxyFix

from mmbatch_dash.auth.access.access_mode import AccessMode, AccessModes
from mmbatch_dash.auth.access.callers import token_in
from mmbatch_dash.auth.access.limits import BILL, IMPORT, MOST_FORM_BYTES, most_body_bytes
from mmbatch_dash.auth.access.routes import ALIVE, is_way_in
from mmbatch_dash.auth.sessions.browser import SESSION_COOKIE
from mmbatch_dash.auth.sessions.sessions import Sessions
from mmbatch_dash.domain.config import Config
from mmbatch_dash.domain.errors import StoreUnavailable
from mmbatch_dash.front.front import Allowance
from mmbatch_dash.front.prefix import prefix_of, take_prefix
from mmbatch_dash.store.auth.tokens import Tokens

Environ = dict[str, Any]


class Allowances:
    """The judgement for a server's front; it also puts the address that trusted proxies name into the environ."""

    def __init__(
        self,
        server: flask.Flask,
        *,
        modes: AccessModes,
        tokens: Tokens,
        sessions: Sessions,
        config: Callable[[], Config],
        proxies: int,
    ) -> None:
        self._server = server
        self._modes, self._tokens, self._sessions, self._config = modes, tokens, sessions, config
        self._proxies = proxies
        self._correct = ProxyFix(_answer_nothing, x_for=proxies, x_proto=proxies, x_prefix=proxies)

    def may_wait(self, environ: Mapping[str, Any]) -> bool:
        """Whether the session of a request may have to be looked up elsewhere, which takes a thread's time."""
        return self._sessions.are_shared and SESSION_COOKIE in environ.get("HTTP_COOKIE", "")

    def __call__(self, environ: Environ) -> Allowance:
        """What the sender may send."""
        if self._proxies:
            self._correct(environ, _start_nothing)
        take_prefix(environ, prefix_of(self._config().security.cognito.public_url))
        path = environ["PATH_INFO"]
        try:
            caller = self._caller_of(environ)
        except StoreUnavailable:
            if path != ALIVE:
                raise
            caller = None
        if caller is None:
            return Allowance("", MOST_FORM_BYTES if is_way_in(path) and token_in(environ) is None else 0)
        most = most_body_bytes(path, self._config().ingest)
        return Allowance(caller, most, streamed=path in (IMPORT, BILL) and environ["REQUEST_METHOD"] == "POST")

    def _caller_of(self, environ: Mapping[str, Any]) -> str | None:
        """A name for the caller's places, empty where nobody logs in; None for strangers."""
        if (text := token_in(environ)) is not None:
            token = self._tokens.find(text)
            return None if token is None else f"token:{token.token_id}"
        mode = self._modes.now()
        if session := self._session_in(environ):
            return f"session:{session}"
        return "" if mode in (AccessMode.LOOPBACK, AccessMode.INSECURE) else None

    def _session_in(self, environ: Mapping[str, Any]) -> str:
        if SESSION_COOKIE not in environ.get("HTTP_COOKIE", ""):
            return ""
        server = self._server
        opened = server.session_interface.open_session(server, server.request_class(dict(environ)))
        key = str(opened.get("_user_id", "")) if opened is not None else ""
        return key if self._sessions.find(key) else ""


def _answer_nothing(_environ: Environ, _start_response: Any) -> list[bytes]:
    return []


def _start_nothing(_status: str, _headers: list[tuple[str, str]], _trouble: Any = None) -> Callable[[bytes], object]:
    raise NotImplementedError
