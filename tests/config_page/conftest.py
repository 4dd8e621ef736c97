"""A real server process of its own for a test, on a free port over a folder of its own."""

import json
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

START_SECONDS = 90.0
Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free: int = probe.getsockname()[1]
        return free


@pytest.fixture
def start(project: Path, tmp_path: Path) -> Iterator[Start]:
    """Starts `python app.py` with this configuration; stopped afterwards."""
    processes: list[subprocess.Popen[bytes]] = []

    def run(config: str) -> subprocess.Popen[bytes]:
        (tmp_path / "config.yaml").write_text(config)
        command = [sys.executable, str(project / "app.py"), "--data-dir", str(tmp_path)]
        with (tmp_path / "process.log").open("wb") as log:
            processes.append(subprocess.Popen(command, cwd=project, stdout=log, stderr=subprocess.STDOUT))
        return processes[-1]

    yield run
    for process in processes:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)


def ask(url: str, context: ssl.SSLContext | None = None, body: bytes | None = None) -> dict[str, object]:
    request = Request(url, body, method="PUT" if body else "GET")  # noqa: S310 - our own server
    with urlopen(request, timeout=10, context=context) as answer:  # noqa: S310 - our own server
        found: dict[str, object] = json.load(answer)
        return found


def wait_for(url: str, context: ssl.SSLContext | None = None) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            ask(f"{url}/healthz", context)
        except OSError:
            assert time.monotonic() < deadline, f"no answer at {url}"
            time.sleep(0.2)
        else:
            return
