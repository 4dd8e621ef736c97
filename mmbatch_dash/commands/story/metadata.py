"""An instance metadata service of one made-up instance, which gives notice when told to."""

import json
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

NOTICE_PATH = "/latest/meta-data/spot/instance-action"
TOKEN = "story"  # noqa: S105 - nothing is guarded by it


class MetadataService:
    """One instance, on a port of its own on this machine.

    Attributes:
        url: where the reporter finds it.
    """

    def __init__(self, instance_id: str, instance_type: str = "m5.xlarge", zone: str = "us-east-1a") -> None:
        document = {"instanceId": instance_id, "instanceType": instance_type, "availabilityZone": zone}
        self._answers = {
            "/latest/dynamic/instance-identity/document": json.dumps(document),
            "/latest/meta-data/instance-life-cycle": "spot",
        }
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, name="metadata", daemon=True).start()

    def give_notice(self, until: timedelta = timedelta(minutes=2)) -> None:
        """From now on a reclaim notice stands."""
        due_at = (datetime.now(UTC) + until).strftime("%Y-%m-%dT%H:%M:%SZ")
        self._answers[NOTICE_PATH] = json.dumps({"action": "terminate", "time": due_at})

    def close(self) -> None:
        """Ends it, as the instance ends."""
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        answers = self._answers

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_arguments: object) -> None:
                pass

            def do_PUT(self) -> None:
                self._answer(200, TOKEN)

            def do_GET(self) -> None:
                body = answers.get(self.path)
                self._answer(404 if body is None else 200, body or "")

            def _answer(self, status: int, body: str) -> None:
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body.encode())

        return Handler
