"""The private socket of a data directory: the running server answers on it whoever may open it, as its owner.

Its folder and its file are for the owner alone, so no password stands between: who opens it could read the data too.
"""

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any

from mmbatch_dash.auth.access.callers import BY_PRIVATE_SOCKET
from mmbatch_dash.auth.access.limits import BILL, IMPORT, most_body_bytes
from mmbatch_dash.front.front import Allowance, Front
from mmbatch_dash.services import Services

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

FILE = "server.sock"
LONGEST_PATH = 100
"""The system takes no more than 107 bytes as the path of a socket."""


def choose_socket_path(data_dir: Path) -> Path:
    """Where the socket of a data directory is to be: in it, or, where its path is too long, in a private folder.

    What a killed server left there is taken away, or the socket could not be made; the caller holds the directory.
    """
    path = data_dir.resolve() / FILE
    if len(os.fsencode(path)) <= LONGEST_PATH:
        path.unlink(missing_ok=True)
        return path
    return Path(mkdtemp(prefix="mmbatch_dash-")) / FILE


def remove_socket(path: Path, data_dir: Path) -> None:
    """Takes the socket away, and the folder made for it."""
    with suppress(OSError):
        path.unlink(missing_ok=True)
        if path.parent != data_dir.resolve():
            path.parent.rmdir()


def build_private_front(application: "WSGIApplication", services: Services) -> Front:
    """A front over the same application, for requests that come by the private socket."""

    def answer(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        environ[BY_PRIVATE_SOCKET] = True
        return application(environ, start_response)

    def allow(environ: Mapping[str, Any]) -> Allowance:
        path = environ["PATH_INFO"]
        most = most_body_bytes(path, services.config.current().ingest)
        return Allowance("owner", most, streamed=path in (IMPORT, BILL) and environ["REQUEST_METHOD"] == "POST")

    return Front(answer, allow)
