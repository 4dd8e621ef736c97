"""A mock of the instance metadata service, version 2, that can be told to give notice."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

MISSING = '<?xml version="1.0" encoding="iso-8859-1"?>\n<html><body><h1>404 - Not Found</h1></body></html>\n'


class Imds:
    """What the service says; `answers` maps a path below /latest to a body, or to a status and a body."""

    def __init__(self, instance_id: str = "i-0000000000000001", life_cycle: str = "spot") -> None:
        document = {
            "instanceId": instance_id,
            "instanceType": "m5.xlarge",
            "availabilityZone": "us-east-1a",
            "pendingTime": "2026-01-01T00:00:00Z",
        }
        self.answers: dict[str, Any] = {
            "/dynamic/instance-identity/document": json.dumps(document),
            "/meta-data/instance-id": instance_id,
            "/meta-data/instance-type": "m5.xlarge",
            "/meta-data/placement/availability-zone": "us-east-1a",
            "/meta-data/instance-life-cycle": life_cycle,
        }
        self.tokens: set[str] = set()
        self.url = ""

    def give_notice(self, action: str = "terminate") -> None:
        """From now on a reclaim notice stands."""
        self.answers["/meta-data/spot/instance-action"] = json.dumps({"action": action, "time": "2026-01-01T00:02:00Z"})


@contextmanager
def serving(imds: Imds) -> Iterator[Imds]:
    """The service on a port of its own."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            pass

        def do_PUT(self) -> None:
            token = f"token-{len(imds.tokens)}"
            imds.tokens.add(token)
            self._answer(200, token)

        def do_GET(self) -> None:
            if self.headers.get("X-aws-ec2-metadata-token") not in imds.tokens:
                self._answer(401, MISSING)
                return
            found = imds.answers.get(self.path.removeprefix("/latest"), (404, MISSING))
            status, body = found if isinstance(found, tuple) else (200, found)
            self._answer(status, body)

        def _answer(self, status: int, body: str) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body.encode())))
            self.end_headers()
            self.wfile.write(body.encode())

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    imds.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield imds
    finally:
        server.shutdown()
        server.server_close()
