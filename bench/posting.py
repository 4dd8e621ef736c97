"""Posting a body on a connection of its own, for loads that need no more."""

import contextlib
import http.client

from bench.server import HOST, Server


def post_body(server: Server, body: bytes, media: str) -> None:
    """Posts events.

    Raises:
        AssertionError: the server did not take them.
    """
    connection = http.client.HTTPConnection(HOST, server.port, timeout=120)
    with contextlib.closing(connection):
        connection.request("POST", "/api/v1/events", body, {"Content-Type": media})
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200, f"events were answered with {answer.status}"
