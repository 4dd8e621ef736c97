"""A request as ASGI describes it → as WSGI does (PEP 3333)."""

import sys
from collections.abc import Mapping, MutableMapping
from io import BytesIO
from typing import Any
from urllib.parse import quote, unquote, unquote_to_bytes

_OWN_NAMES = {b"content-type": "CONTENT_TYPE", b"content-length": "CONTENT_LENGTH"}
_NAMES: dict[bytes, str] = {}
"""Header names as WSGI writes them, each made once. Bounded: strangers choose names."""
_MOST_NAMES = 512


def build_environ(scope: MutableMapping[str, Any]) -> dict[str, Any]:
    """The environ of a request, with an empty body."""
    server, client = scope.get("server") or ("", 0), scope.get("client") or ("", 0)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": _path(scope),
        "REQUEST_URI": _raw_path(scope).decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1]),
        "REMOTE_ADDR": client[0],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.input": BytesIO(),
        # The body ends where it ends, whatever length was declared.
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in scope["headers"]:
        if b"_" in name:
            continue  # x_real_ip would pass for x-real-ip, which a proxy in front guards
        key, text = _name(name), value.decode("latin-1")
        if key in environ:
            # Cookies are not joined by commas (RFC 6265), all others are (RFC 9110).
            text = f"{environ[key]}{'; ' if key == 'HTTP_COOKIE' else ','}{text}"
        environ[key] = text
    return environ


def encoded_path(environ: Mapping[str, Any], path: str) -> str:
    """The path as the browser wrote it, where `%2F` is a slash of a name and `/` one between names.

    Args:
        environ: of a request; the path in REQUEST_URI holds if it says the same as `path`.
        path: the decoded one.
    """
    written = str(environ.get("REQUEST_URI", "")).partition("?")[0]
    if unquote(written) != path:
        return quote(path)
    return "/".join(quote(unquote(name), safe="") for name in written.split("/"))


def _path(scope: MutableMapping[str, Any]) -> str:
    path = _raw_path(scope)
    return (unquote_to_bytes(path) if b"%" in path else path).decode("latin-1")


def _raw_path(scope: MutableMapping[str, Any]) -> bytes:
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    return raw.partition(b"?")[0]


def _name(name: bytes) -> str:
    known = _NAMES.get(name)
    if known is None:
        known = _OWN_NAMES.get(name) or "HTTP_" + name.decode("latin-1").upper().replace("-", "_")
        if len(_NAMES) < _MOST_NAMES:
            _NAMES[name] = known
    return known
