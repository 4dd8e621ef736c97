"""A server process of its own, as a user starts it, and what it costs."""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
HOST = "127.0.0.1"
START_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Server:
    """A running server.

    Attributes:
        port: where it listens.
        process: its first process.
        start_seconds: from the command to the first answer.
    """

    port: int
    process: subprocess.Popen[bytes]
    start_seconds: float

    @property
    def url(self) -> str:
        """Where pages are."""
        return f"http://{HOST}:{self.port}"

    def memory_mb(self) -> float:
        """Resident memory of the process and its children, in MB."""
        return sum(_resident_bytes(pid) for pid in family(self.process.pid)) / 1e6

    def get(self, path: str) -> tuple[int, bytes]:
        """Status and body of an answer."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=60)
        with contextlib.closing(connection):
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read()


@contextmanager
def serve(data_dir: Path) -> Iterator[Server]:
    """The product on a data directory."""
    command = [sys.executable, "app.py", "--data-dir", str(data_dir), "--host", HOST, *_without_login()]
    with start(command, "/healthz") as server:
        yield server


@contextmanager
def serve_bare() -> Iterator[Server]:
    """A bare Flask route on the same server software."""
    with start([sys.executable, "-m", "bench.bare"], "/") as server:
        yield server


@contextmanager
def start(command: list[str], first: str) -> Iterator[Server]:
    """The process of a command with a free `--port`, once it answers GET `first`; ended on leaving."""
    port = free_port()
    environ = {name: value for name, value in os.environ.items() if not name.startswith("MMBATCH_DASH")}
    began = time.monotonic()
    process = subprocess.Popen(
        [*command, "--port", str(port)], cwd=PROJECT, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        server = Server(port, process, 0.0)
        while not _answers(server, first):
            assert process.poll() is None, f"{' '.join(command)} ended with {process.returncode}"
            assert time.monotonic() - began < START_SECONDS, f"{' '.join(command)} does not answer"
            time.sleep(0.01)
        yield Server(port, process, time.monotonic() - began)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _answers(server: Server, path: str) -> bool:
    try:
        return server.get(path)[0] < 500
    except (OSError, http.client.HTTPException):
        return False


@cache
def _without_login() -> tuple[str, ...]:
    """The option that serves without login, where this version has one."""
    command = [sys.executable, "app.py", "--help"]
    said = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True).stdout
    return ("--insecure-open",) if "--insecure-open" in said else ()


def family(pid: int) -> list[int]:
    """A process and its children's children."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    except OSError:
        return [pid]
    return [pid, *(one for child in children for one in family(int(child)))]


def _resident_bytes(pid: int) -> int:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    except (OSError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")
