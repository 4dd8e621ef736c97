"""How a caller is told no: API clients in the one error shape, people with a page or the way to sign in."""

from urllib.parse import quote

import flask
import orjson

from mmbatch_dash.domain.problems import problem_body
from mmbatch_dash.front.environ import encoded_path

SIGN_IN = "Sign in, or send a token as `Authorization: Bearer` or `X-Api-Key`."
BAD_TOKEN = "The token is unknown, expired or revoked."  # noqa: S105 - a sentence
BAD_TOKENS = "Too many bad tokens came from this address. A good one is let in at any time."
NOT_SET_UP = (
    "This server has no login yet. The set-up link is in its log; "
    "`python -m mmbatch_dash auth add-user NAME --role admin --password-stdin` makes the first admin, too."
)


def is_for_machines() -> bool:
    """Whether the request's answer is read by a program."""
    path = flask.request.path
    return path.startswith(("/api/", "/_dash", "/_reload-hash")) or path in ("/healthz", "/readyz", "/metrics")


def refuse(status: int, message: str, **headers: str) -> flask.Response:
    """The refusal in the form the caller reads."""
    if is_for_machines():
        return refuse_machine(status, message, **headers)
    page = flask.render_template("refused.html", status=status, message=message)
    response = flask.make_response(page, status)
    for name, value in headers.items():
        response.headers[name.replace("_", "-")] = value
    return response


def refuse_machine(status: int, message: str, **headers: str) -> flask.Response:
    """The refusal in the one error shape."""
    response = flask.Response(orjson.dumps(problem_body(status, message)), status, mimetype="application/json")
    for name, value in headers.items():
        response.headers[name.replace("_", "-")] = value
    return response


def refuse_nobody() -> flask.Response:
    """401 for programs; for people the sign-in page, which leads back here."""
    if is_for_machines():
        return refuse_machine(401, SIGN_IN, WWW_Authenticate="Bearer")
    if flask.request.method not in ("GET", "HEAD"):
        return refuse(401, "Your session is over; sign in again.")
    query = flask.request.query_string.decode("ascii", "replace")
    target = encoded_path(flask.request.environ, flask.request.path) + (f"?{query}" if query else "")
    return flask.redirect(f"/login?next={quote(target, safe='')}", code=303)  # type: ignore[return-value]
