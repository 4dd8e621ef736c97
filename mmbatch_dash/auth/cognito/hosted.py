"""Signing in through the pool's hosted page: code flow with PKCE, state and nonce. Single sign-on lives there."""

import base64
import hashlib
import logging
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import flask

from mmbatch_dash.adapters.cognito import CognitoRefused, PoolTokens
from mmbatch_dash.adapters.user_pool import TIMEOUT_SECONDS
from mmbatch_dash.auth.access.access_mode import host_of, is_loopback
from mmbatch_dash.auth.access.refusals import refuse
from mmbatch_dash.auth.calling import Recorder
from mmbatch_dash.auth.cognito.finish import Finish
from mmbatch_dash.auth.cognito.pending import LIFETIME, Pending
from mmbatch_dash.auth.cognito.pools import Pools
from mmbatch_dash.auth.sessions.redirects import safe_return

LOG = logging.getLogger(__name__)
UNDER_WAY = "hosted"
CALLBACK = "/login/callback"
MOST_TOLD = 300
"""Letters of a pool's error that are repeated."""
FAILED = "The sign-in through the user pool's page did not succeed. Begin again."
NOT_CONFIGURED = "No hosted sign-in page is configured (security.cognito.domain)."
NO_ADDRESS = "The hosted page cannot lead back: security.cognito.publicURL is empty."


class PoolRefusal(Exception):
    """The pool's token endpoint refused, and said why."""


@dataclass(frozen=True, slots=True)
class HostedSignIn:
    """The way out to the hosted page, and the way back."""

    pools: Pools
    recorder: Recorder
    finish: Finish
    clock: Callable[[], datetime]

    def leave(self) -> flask.Response:
        """Sends the browser to the hosted page."""
        cognito = self.pools.settings
        if not cognito.enabled or not cognito.domain:
            return refuse(404, NOT_CONFIGURED)
        redirect_uri = _redirect_uri(cognito.public_url)
        if redirect_uri is None:
            return refuse(503, NO_ADDRESS)
        try:
            pool = self.pools.current()
        except CognitoRefused as error:
            return refuse(503, str(error))
        verifier, nonce, state = secrets.token_urlsafe(48), secrets.token_urlsafe(24), secrets.token_urlsafe(24)
        # In the browser's signed cookie, not here: whoever asks for this page a thousand times voids nobody's sign-in.
        flask.session[UNDER_WAY] = {
            "state": state,
            "nonce": nonce,
            "verifier": verifier,
            "redirect_uri": redirect_uri,
            "target": safe_return(flask.request.args.get("next")),
            "pool": self.pools.stamp(),
            "began_at": self.clock().timestamp(),
        }
        query = urlencode(
            {
                "response_type": "code",
                "client_id": pool.client_id,
                "redirect_uri": redirect_uri,
                "scope": " ".join(cognito.scopes),
                "state": state,
                "nonce": nonce,
                "code_challenge": _challenge(verifier),
                "code_challenge_method": "S256",
            }
        )
        return flask.redirect(f"{pool.hosted_url}/oauth2/authorize?{query}", code=303)  # type: ignore[return-value]

    def come_back(self) -> flask.Response:
        """Lets in whom the hosted page sends back."""
        # Where it is used: a server without login by a pool starts without it.
        import requests

        pending = self._take(flask.request.args.get("state", ""))
        code = flask.request.args.get("code", "")
        if pending is not None and (told := _told(flask.request.args)):
            return self._refused(told)
        if pending is None or not code:
            self.recorder.record("sign-in", "hosted page: no valid state or code", who="")
            return refuse(401, FAILED)
        try:
            tokens = _exchange(pending, code)
        except PoolRefusal as error:
            return self._refused(str(error))
        except (requests.RequestException, ValueError) as error:
            LOG.warning("request %s: code exchange failed: %s", flask.g.get("request_id"), type(error).__name__)
            self.recorder.record("sign-in", "hosted page: code not accepted", who="")
            return refuse(401, FAILED)
        return self.finish(pending, tokens, nonce=pending.nonce, hosted=True)

    def _refused(self, told: str) -> flask.Response:
        """The pool's own word on why it lets nobody in, on the page, in the audit log and in the server's log."""
        LOG.warning("request %s: the user pool refused a sign-in: %s", flask.g.get("request_id"), told)
        self.recorder.record("sign-in", f"hosted page: {told}", who="")
        remedy = ""
        if "scope" in told:
            scopes = " ".join(self.pools.settings.scopes)
            remedy = f" The app client must allow the scopes {scopes} (security.cognito.scopes)."
        elif "redirect" in told:
            remedy = f" The app client must allow the callback URL of this server, which ends in {CALLBACK}."
        return refuse(401, f"The user pool refused: {told}.{remedy}")

    def _take(self, state: str) -> Pending | None:
        """The sign-in under way in this browser; None if it is another's, of another pool, or took too long."""
        kept = flask.session.pop(UNDER_WAY, None)
        if not isinstance(kept, dict) or not secrets.compare_digest(state.encode(), str(kept["state"]).encode()):
            return None
        began_at = datetime.fromtimestamp(kept["began_at"], UTC)
        if kept["pool"] != self.pools.stamp() or self.clock() - began_at >= LIFETIME:
            return None
        return Pending(
            self.pools.current(),
            kept["target"],
            "hosted",
            began_at,
            nonce=kept["nonce"],
            verifier=kept["verifier"],
            redirect_uri=kept["redirect_uri"],
        )


def _exchange(pending: Pending, code: str) -> PoolTokens:
    import requests

    pool = pending.pool
    answer = requests.post(
        f"{pool.hosted_url}/oauth2/token",
        data={
            "grant_type": "authorization_code",
            "client_id": pool.client_id,
            "code": code,
            "redirect_uri": pending.redirect_uri,
            "code_verifier": pending.verifier,
        },
        auth=(pool.client_id, pool.client_secret) if pool.client_secret else None,
        timeout=TIMEOUT_SECONDS,
        allow_redirects=False,
    )
    if answer.status_code != 200:
        body = answer.json()
        told = _told(body) if isinstance(body, dict) else ""
        raise PoolRefusal(told) if told else ValueError
    body = answer.json()
    if not isinstance(body, dict):
        raise ValueError
    return PoolTokens(*(str(body.get(name) or "") for name in ("id_token", "access_token", "refresh_token")))


def _told(said: Mapping[str, Any]) -> str:
    """An OAuth error with its description as one line, empty where there is none."""
    words = [str(said.get(name) or "") for name in ("error", "error_description")]
    lines = ["".join(letter if letter.isprintable() else " " for letter in word).strip(" .") for word in words]
    error, description = (line[:MOST_TOLD] for line in lines)
    if error and description:
        return f"{error} ({description})"
    return error or description


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def _redirect_uri(public_url: str) -> str | None:
    """Where the hosted page leads back to; a Host header is believed only if it means this machine."""
    if public_url:
        return public_url.rstrip("/") + CALLBACK
    host = flask.request.headers.get("Host", "")
    return f"{flask.request.scheme}://{host}{CALLBACK}" if is_loopback(host_of(host)) else None
