"""A server below a path of its address (https://host/mmbatch/): the one place that knows of the prefix.

Everything else speaks of paths from the root. On the way in the prefix is taken off what the browser tells of its
address; on the way out it is put before the paths in redirects, pages and the answers Dash's page code reads.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_SAFE = re.compile(r"(/[A-Za-z0-9._~-]+)+")
_IN_HTML = re.compile(rb'(\s(?:href|src|action|data-plotly|data-grid)=")(?=/(?!/))')
_IN_CONFIG = re.compile(rb'("requests_pathname_prefix":\s*")(?=/|\\u002f)')
_IN_JSON = re.compile(rb'("(?:href|src|action)":\s*")(?=/(?!/)|\\u002f(?!\\u002f))')
"""In pages slashes of JSON are written as u002f, so that no text ends the script it stands in."""
DASH = "/_dash"
AS_THEY_ARE = ("/assets/", "/_dash-component-suites/", "/api/")
LAYOUT, UPDATE = "/_dash-layout", "/_dash-update-component"


def prefix_of(url: str) -> str:
    """The path of a public URL, without a slash at its end; empty if it has none."""
    path = urlsplit(url).path.rstrip("/")
    return path if _SAFE.fullmatch(path) else ""


def take_prefix(environ: dict[str, Any], configured: str) -> None:
    """Notes the prefix as SCRIPT_NAME, and takes it off the path where the proxy left it there.

    Args:
        environ: of a request; SCRIPT_NAME is what a trusted proxy says.
        configured: the prefix of the public URL, where no proxy says one.
    """
    told = environ.get("SCRIPT_NAME", "").rstrip("/")
    prefix = told if _SAFE.fullmatch(told) else configured
    environ["SCRIPT_NAME"] = prefix
    for name in ("PATH_INFO", "REQUEST_URI"):
        path = environ.get(name, "")
        if prefix and (path == prefix or path.startswith(f"{prefix}/")):
            environ[name] = path[len(prefix) :] or "/"


class UnderPrefix:
    """The application below a prefix."""

    def __init__(self, application: "WSGIApplication", configured: Callable[[], str]) -> None:
        self._application, self._configured = application, configured

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """The application's answer, with the prefix before its paths."""
        take_prefix(environ, self._configured())
        prefix = environ["SCRIPT_NAME"]
        if not prefix:
            return self._application(environ, start_response)
        _strip_request(environ, prefix)
        # Flask itself must not know: all its paths are from the root.
        environ["SCRIPT_NAME"] = ""
        path = environ["PATH_INFO"]
        began: list[Any] = []

        def start(status: str, headers: list[tuple[str, str]], trouble: Any = None) -> Callable[[bytes], object]:
            began[:] = [status, headers, trouble]
            return _no_writing

        body = self._application(environ, start)
        status, headers, trouble = began
        rewrite = _rewriter(path, {name.lower(): value for name, value in headers}, prefix)
        if rewrite is not None:
            whole = rewrite(b"".join(body))
            if close := getattr(body, "close", None):
                close()
            body = [whole]
            headers = [
                (name, str(len(whole)) if name.lower() == "content-length" else value) for name, value in headers
            ]
        headers = [(name, _locate(name, value, prefix)) for name, value in headers]
        start_response(status, headers, trouble)
        return body


def _strip_request(environ: "WSGIEnvironment", prefix: str) -> None:
    if not environ["PATH_INFO"].startswith(AS_THEY_ARE):
        # What is to be rewritten must not be packed; the proxy in front can do that.
        environ.pop("HTTP_ACCEPT_ENCODING", None)
    if environ["PATH_INFO"] == LAYOUT:
        told = f"path={quote(prefix, safe='')}"
        environ["QUERY_STRING"] = environ.get("QUERY_STRING", "").replace(told, "path=", 1)
    if environ["PATH_INFO"] == UPDATE and environ["REQUEST_METHOD"] == "POST":
        read = environ["wsgi.input"].read()
        address = re.compile(rb'("property":"pathname","value":")' + re.escape(prefix.encode()) + rb'(?=["/])')
        body = address.sub(rb"\1", read)
        environ["wsgi.input"], environ["CONTENT_LENGTH"] = BytesIO(body), str(len(body))


def _rewriter(path: str, headers: Mapping[str, str], prefix: str) -> Callable[[bytes], bytes] | None:
    """How a body is rewritten; None for what is sent as it is."""
    media = headers.get("content-type", "").partition(";")[0]
    put = rb"\g<1>" + prefix.encode()
    if "content-encoding" in headers:
        return None
    if media == "text/html":
        return lambda body: _IN_CONFIG.sub(put, _IN_JSON.sub(put, _IN_HTML.sub(put, body)))
    if media == "application/json" and path.startswith(DASH):
        return lambda body: _IN_JSON.sub(put, body)
    return None


def _locate(name: str, value: str, prefix: str) -> str:
    is_path = value.startswith("/") and not value.startswith("//")
    return prefix + value if name.lower() == "location" and is_path else value


def _no_writing(_data: bytes) -> None:
    raise NotImplementedError
