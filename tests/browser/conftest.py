"""A real Chromium on a real server process; the console must stay empty and nothing may leave the host."""

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

import pytest

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright  # noqa: E402

from tests.browser.fleet import build_events  # noqa: E402

START_SECONDS = 180.0
WIDE = (1440, 900)
NARROW = (390, 844)


@dataclass
class Watch:
    """What the browser complained about and whom it asked."""

    base: str
    complaints: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)

    def attach(self, context: BrowserContext) -> None:
        """Watches every page of the context."""
        context.on("console", self._hear)
        context.on("weberror", lambda error: self.complaints.append(f"error: {error.error}"))
        context.on("request", lambda request: self._see(request.url))

    def _hear(self, message: ConsoleMessage) -> None:
        self.complaints.append(f"{message.type}: {message.text}")

    def _see(self, url: str) -> None:
        if not url.startswith((self.base, "data:", "blob:")):
            self.outside.append(url)


@dataclass(frozen=True)
class LiveServer:
    """A server process of its own, with a data directory of its own."""

    url: str
    data_dir: Path
    process: subprocess.Popen[bytes]

    def post(self, events: list[dict[str, object]]) -> None:
        """Sends events as NDJSON; they are on disk when this returns."""
        body = "\n".join(json.dumps(event) for event in events).encode()
        request = Request(f"{self.url}/api/v1/events", body, {"Content-Type": "application/x-ndjson"})  # noqa: S310 - our own server
        with urlopen(request, timeout=30) as answer:  # noqa: S310 - our own server
            assert answer.status == 200, answer.read()

    def wait_for_jobs(self, jobs: int) -> None:
        """Waits until the fold has made the jobs visible."""
        deadline = time.monotonic() + 30
        while self.total_jobs() < jobs:
            assert time.monotonic() < deadline, f"{jobs} jobs were not visible within 30 s"
            time.sleep(0.1)

    def total_jobs(self) -> int:
        """Total Jobs as the API says."""
        with urlopen(f"{self.url}/api/v1/summary", timeout=30) as answer:  # noqa: S310 - our own server
            jobs: int = json.load(answer)["figures"]["total_jobs"]
            return jobs


@pytest.fixture(scope="session")
def start_server(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., LiveServer]]:
    """Starts `python app.py` on a free port over an empty data directory; stopped when the session ends."""
    started: list[subprocess.Popen[bytes]] = []

    def start(config: str = "", *, by_config: bool = False) -> LiveServer:
        port = free_port()
        data_dir = tmp_path_factory.mktemp("data")
        command = [sys.executable, str(project / "app.py"), "--data-dir", str(data_dir)]
        if by_config:
            config = f"addr: http://127.0.0.1:{port}\n{config}"
        else:
            command += ["--host", "127.0.0.1", "--port", str(port)]
        if config:
            (data_dir / "config.yaml").write_text(config, encoding="utf-8")
        with (data_dir / "process.log").open("wb") as log:
            started.append(subprocess.Popen(command, cwd=project, stdout=log, stderr=subprocess.STDOUT))
        url = f"http://127.0.0.1:{port}"
        wait_until_up(url, started[-1], data_dir / "process.log")
        return LiveServer(url, data_dir, started[-1])

    yield start
    for process in started:
        process.send_signal(signal.SIGTERM)
    for process in started:
        process.wait(timeout=30)


Restart = Callable[[LiveServer], None]


@pytest.fixture(scope="session")
def restart_server(project: Path) -> Iterator[Restart]:
    """Starts another process over the folder and at the address of a server that has ended."""
    started: list[subprocess.Popen[bytes]] = []

    def restart(server: LiveServer) -> None:
        port = server.url.rsplit(":", 1)[1]
        command = [sys.executable, str(project / "app.py"), "--data-dir", str(server.data_dir)]
        with (server.data_dir / "process.log").open("ab") as log:
            more = ["--host", "127.0.0.1", "--port", port]
            started.append(subprocess.Popen([*command, *more], cwd=project, stdout=log, stderr=subprocess.STDOUT))
        wait_until_up(server.url, started[-1], server.data_dir / "process.log")

    yield restart
    for process in started:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_up(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Returns once the server answers there."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, f"the server ended at once:\n{log.read_text(errors='replace')}"
        try:
            with urlopen(f"{url}/healthz", timeout=2):  # noqa: S310 - our own server
                return
        except (URLError, OSError):
            time.sleep(0.1)
    pytest.fail(f"the server did not answer within {START_SECONDS:.0f} s:\n{log.read_text(errors='replace')}")


def wait_until(page: Page, script: str) -> None:
    """Returns once an expression holds in the page, whose own rules forbid Playwright's `wait_for_function`."""
    deadline = time.monotonic() + 30
    while not page.evaluate(script):
        assert time.monotonic() < deadline, f"never: {script}"
        page.wait_for_timeout(50)


@pytest.fixture(scope="session")
def live_server(start_server: Callable[..., LiveServer]) -> LiveServer:
    """A server with the small fleet; tests only read it."""
    server = start_server()
    server.post(build_events())
    server.wait_for_jobs(60)
    return server


@pytest.fixture(scope="session")
def chromium(chromium_path: str) -> Iterator[Browser]:
    """One browser process for all tests."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium_path, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Opens addresses, each in a window of its own; afterwards the console must have stayed empty."""
    watches: list[Watch] = []
    contexts: list[BrowserContext] = []

    def visit(url: str, *, size: tuple[int, int] = WIDE, theme: str = "light") -> Page:
        context = chromium.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme="dark" if theme == "dark" else "light",
            accept_downloads=True,
            permissions=["clipboard-read", "clipboard-write"],
        )
        context.set_default_timeout(20_000)
        watch = Watch("/".join(url.split("/")[:3]))
        watch.attach(context)
        watches.append(watch)
        contexts.append(context)
        page = context.new_page()
        page.goto(url)
        return page

    yield visit
    for context in contexts:
        context.close()
    assert [complaint for watch in watches for complaint in watch.complaints] == []
    assert [url for watch in watches for url in watch.outside] == []
