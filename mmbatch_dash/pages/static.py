"""Scripts and styles on their way to the browser: packed once, and kept there where their address names the version."""

import gzip
from functools import lru_cache

import flask

PLACES = ("/assets/", "/_dash-component-suites/")
PACKED = ("text/", "application/javascript", "application/json", "image/svg+xml")
LEAST_BYTES = 1_000
FOR_GOOD = "public, max-age=31536000, immutable"


def register_static(server: flask.Flask) -> None:
    """Wires it: pages are packed each time, answers under `PLACES` once."""

    @server.after_request
    def send(response: flask.Response) -> flask.Response:
        request = flask.request
        if response.status_code != 200:
            return response
        if response.mimetype == "text/html" and request.accept_encodings["gzip"] and not response.is_streamed:
            _pack(response, kept=False)
            response.vary.add("Accept-Encoding")
        if not request.path.startswith(PLACES):
            return response
        if "m" in request.args or "/vendor/" in request.path or response.cache_control.max_age:
            response.headers["Cache-Control"] = FOR_GOOD
        response.vary.add("Accept-Encoding")
        if request.accept_encodings["gzip"] and (response.mimetype or "").startswith(PACKED):
            _pack(response)
        return response


def _pack(response: flask.Response, *, kept: bool = True) -> None:
    response.direct_passthrough = False
    body = response.get_data()
    if len(body) < LEAST_BYTES:
        return
    response.set_data(_gzip(body) if kept else gzip.compress(body, compresslevel=4, mtime=0))
    response.headers["Content-Encoding"] = "gzip"
    response.headers.pop("Accept-Ranges", None)
    tag, _ = response.get_etag()
    if tag:
        # Weak: the same file, packed or not.
        response.set_etag(tag, weak=True)
        response.make_conditional(flask.request)


@lru_cache(maxsize=64)
def _gzip(body: bytes) -> bytes:
    return gzip.compress(body, compresslevel=6, mtime=0)
