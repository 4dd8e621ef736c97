"""The management server over HTTP: events out, configuration in. Every call has an end, and none raises."""

import json
import ssl
import time
from email.utils import formatdate, parsedate_to_datetime
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any, Dict, List, Mapping, NamedTuple, Optional
from urllib.parse import quote, urlsplit

LARGEST_ANSWER = 4 * 1024 * 1024
DEFAULT_TIMEOUT_SECONDS = 5.0


class Answer(NamedTuple):
    """What came back.

    Attributes:
        status: the HTTP status; 0 where there was no answer, with the reason in `text`.
        text: the body, cut at a few MiB.
        headers: of the answer, names in lower case.
        clock_ahead_seconds: how far this machine's clock is ahead of the server's; None where it did not say.
    """

    status: int
    text: str
    headers: Mapping[str, str]
    clock_ahead_seconds: Optional[float]

    def json(self) -> Any:
        """The body read as JSON, None where it is none."""
        try:
            return json.loads(self.text)
        except ValueError:
            return None


class Server:
    """One management server. A redirect is not followed: the token goes nowhere else."""

    def __init__(self, url: str, token: Optional[str]) -> None:
        self.url = url if "://" in url else "http://" + url
        self._address = urlsplit(self.url.rstrip("/"))
        self._token = token

    def post_events(self, events: List[Dict[str, Any]], timeout: float = DEFAULT_TIMEOUT_SECONDS) -> Answer:
        """Sends a batch; the server recognises what it was told before."""
        body = json.dumps(events).encode()
        return self.ask("POST", "/api/v1/events", body, {"Content-Type": "application/cloudevents-batch+json"}, timeout)

    def get_config(
        self,
        node: str,
        queue: Optional[str] = None,
        etag: Optional[str] = None,
        timeout: float = DEFAULT_TIMEOUT_SECONDS,
    ) -> Answer:
        """The configuration in force, for a queue; 304 where it is the one of the ETag."""
        # What time it is here: the server tells whoever looks after nodes where clocks differ.
        headers = {"X-Node-Id": node, "Date": formatdate(usegmt=True)}
        if etag:
            headers["If-None-Match"] = etag
        path = "/api/v1/config" + ("?queue=" + quote(queue, safe="") if queue else "")
        return self.ask("GET", path, None, headers, timeout)

    def put_file(self, node: str, name: str, content: bytes, timeout: float = DEFAULT_TIMEOUT_SECONDS) -> Answer:
        """Hands in a log file of a node."""
        path = "/api/v1/nodes/{}/files/{}".format(quote(node, safe=""), quote(name.strip("/")))
        return self.ask("PUT", path, content, {"Content-Type": "application/octet-stream"}, timeout)

    def ask(
        self,
        method: str,
        path: str,
        body: Optional[bytes] = None,
        headers: Optional[Mapping[str, str]] = None,
        timeout: float = DEFAULT_TIMEOUT_SECONDS,
    ) -> Answer:
        """One request, over in `timeout` seconds even if the server sends a byte now and then."""
        end = time.monotonic() + timeout
        sent = {"User-Agent": "mmbatch-report", **(headers or {})}
        if self._token:
            sent["Authorization"] = "Bearer " + self._token
        try:
            connection = self._connect(timeout)
        except (ValueError, OSError) as error:
            return Answer(0, str(error), {}, None)
        try:
            connection.request(method, self._address.path + path, body=body, headers=sent)
            answer = connection.getresponse()
            pieces: List[bytes] = []
            size = 0
            while size < LARGEST_ANSWER:
                left = end - time.monotonic()
                if left <= 0:
                    return Answer(0, f"the answer took longer than {timeout:g} s", {}, None)
                if connection.sock is not None:
                    connection.sock.settimeout(left)
                piece = answer.read1(65536)
                if not piece:
                    break
                pieces.append(piece)
                size += len(piece)
            told = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, b"".join(pieces).decode("utf-8", "replace"), told, _ahead(told.get("date")))
        except (OSError, HTTPException, ValueError) as error:
            return Answer(0, f"{type(error).__name__}: {error}", {}, None)
        finally:
            connection.close()

    def _connect(self, timeout: float) -> HTTPConnection:
        host = self._address.hostname
        if not host or self._address.scheme not in ("http", "https"):
            raise ValueError(f"{self.url!r} is not an address such as https://server:8080")
        if self._address.scheme == "https":
            context = ssl.create_default_context()
            return HTTPSConnection(host, self._address.port or 443, timeout=timeout, context=context)
        return HTTPConnection(host, self._address.port or 80, timeout=timeout)


def _ahead(date: Optional[str]) -> Optional[float]:
    try:
        return time.time() - parsedate_to_datetime(date or "").timestamp()
    except (TypeError, ValueError, IndexError):
        return None
