"""A real server in a process group of its own, and what a client and an undertaker do to it."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

import orjson

PROJECT = Path(__file__).resolve().parents[2]
START_SECONDS = 60


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


class Server:
    """`python app.py` on a data directory, in a process group of its own."""

    def __init__(
        self, data_dir: Path, log: Path, program: Sequence[str] = ("app.py",), *, port: int = 0, **environ: str
    ) -> None:
        self.data_dir, self.log = data_dir, log
        self.port = port or free_port()
        address = ["--host", "127.0.0.1", "--port", str(self.port)]
        command = [sys.executable, *program, "--data-dir", str(data_dir), *address]
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                command,
                cwd=PROJECT,
                stdout=output,
                stderr=output,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                env={**os.environ, **environ},
            )

    def wait_until_up(self) -> None:
        """Returns once it answers."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            with suppress(OSError, HTTPException):
                if self.get("/healthz")[0] == 200:
                    return
            time.sleep(0.05)
        raise AssertionError(f"the server did not come up:\n{self.log.read_text()[-3000:]}")

    def get(self, path: str) -> tuple[int, Any]:
        """Status and JSON of a path."""
        return self.request("GET", path)

    def post(self, events: Any, *, content_type: str = "application/json", **headers: str) -> tuple[int, Any]:
        """Status and JSON of a POST of events."""
        body = events if isinstance(events, bytes) else orjson.dumps(events)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.request("POST", "/api/v1/events", body, {"Content-Type": content_type, **named})

    def request(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, Any]:
        """Status and JSON of one request on a connection of its own."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            content = answer.read()
            return answer.status, orjson.loads(content) if content else None
        finally:
            connection.close()

    def wait_until_folded(self, seconds: float = START_SECONDS) -> None:
        """Returns once the tables show everything accepted."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            status, body = self.get("/readyz")
            if status == 200 and body.get("lag_seconds") == 0:
                return
            time.sleep(0.05)
        raise AssertionError(f"the fold did not catch up: {self.get('/readyz')}")

    def members(self) -> list[int]:
        """Processes of the group that are alive."""
        return [pid for pid in _pids() if _group(pid) == self.process.pid]

    def kill(self) -> None:
        """Ends the whole group at once, as a lost host does."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.wait_until_gone()

    def terminate(self) -> int:
        """Asks it to end, as a container engine does, and gives its exit code."""
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=60)
        self.wait_until_gone()
        return code

    def wait_until_gone(self, seconds: float = 30) -> None:
        """Returns once no process of the group is left."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if not self.members():
                return
            time.sleep(0.02)
        raise AssertionError(f"still alive: {self.members()}")


@contextmanager
def running(data_dir: Path, program: Sequence[str] = ("app.py",), **environ: str) -> Iterator[Server]:
    """A server that is up; whatever happens, nothing of it is left afterwards."""
    server = Server(data_dir, data_dir.parent / "server.log", program, **environ)
    try:
        server.wait_until_up()
        yield server
    finally:
        server.kill()


def memory_mib(pid: int) -> float:
    """Resident memory of a process."""
    text = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    [line] = [line for line in text.splitlines() if line.startswith("VmRSS")]
    return int(line.split()[1]) / 1024


def _pids() -> list[int]:
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]


def _group(pid: int) -> int | None:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] == "Z" else int(fields[2])
