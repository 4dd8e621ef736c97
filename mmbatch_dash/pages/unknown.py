"""Paths that are no page: 404 instead of the frame that Dash would answer for any path."""

import flask

from mmbatch_dash.front.environ import encoded_path
from mmbatch_dash.pages.page import PageBook

ANY_PATH = "/<path:path>"
"""Dash's rule for every path that nothing else answers."""


def register_unknown(server: flask.Flask, book: PageBook) -> None:
    """Wires it. Comes after the gate, so that nobody learns from it without the right to read."""

    @server.before_request
    def refuse_unknown() -> flask.Response | None:
        request = flask.request
        if request.url_rule is None or request.url_rule.rule != ANY_PATH:
            return None
        if book.find(encoded_path(request.environ, request.path))[0] is not None:
            return None
        message = f"There is no page at {request.path[:200]} here."
        return flask.make_response(flask.render_template("refused.html", status=404, message=message), 404)
