"""An instance metadata service (IMDSv2) of one made-up instance, which gives notice when told to."""

import json
import secrets
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Answer = str | tuple[int, str]
MISSING = '<?xml version="1.0" encoding="iso-8859-1"?>\n<html><body><h1>404 - Not Found</h1></body></html>\n'
NOTICE_PATH = "/meta-data/spot/instance-action"


class _Service(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Nothing: who asks may be killed meanwhile, that is the point."""


class MetadataService:
    """One instance, on a port of its own on this machine.

    Attributes:
        url: where the reporter finds it.
        answers: path below /latest → its body, or status and body.
        tokens: those that are good now.
    """

    def __init__(
        self,
        instance_id: str,
        *,
        instance_type: str = "m5.xlarge",
        zone: str = "us-east-1a",
        life_cycle: str = "spot",
    ) -> None:
        document = {"instanceId": instance_id, "instanceType": instance_type, "availabilityZone": zone}
        self.answers: dict[str, Answer] = {
            "/dynamic/instance-identity/document": json.dumps({**document, "pendingTime": "2026-01-01T00:00:00Z"}),
            "/meta-data/instance-life-cycle": life_cycle,
        }
        self.tokens: set[str] = set()
        self._server = _Service(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, name="metadata", daemon=True).start()

    def give_notice(self, action: str = "terminate", until: timedelta = timedelta(minutes=2)) -> None:
        """From now on a reclaim notice stands."""
        due_at = (datetime.now(UTC) + until).strftime("%Y-%m-%dT%H:%M:%SZ")
        self.answers[NOTICE_PATH] = json.dumps({"action": action, "time": due_at})

    def close(self) -> None:
        """Ends it, as the instance ends."""
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        answers, tokens = self.answers, self.tokens

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_arguments: object) -> None:
                pass

            def do_PUT(self) -> None:
                token = secrets.token_hex(8)
                tokens.add(token)
                self._answer(200, token)

            def do_GET(self) -> None:
                guarded = self.path.startswith("/latest/")  # ECS's own service, under /v4, asks for no token
                if guarded and self.headers.get("X-aws-ec2-metadata-token") not in tokens:
                    self._answer(401, MISSING)
                    return
                found = answers.get(self.path.removeprefix("/latest"), (404, MISSING))
                self._answer(*(found if isinstance(found, tuple) else (200, found)))

            def _answer(self, status: int, body: str) -> None:
                self.send_response(status)
                self.send_header("Content-Length", str(len(body.encode())))
                self.end_headers()
                self.wfile.write(body.encode())

        return Handler
