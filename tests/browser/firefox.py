"""Firefox over WebDriver BiDi, which it speaks itself: enough to open pages, look and click."""

import itertools
import json
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import websocket

START_SECONDS = 180
NAMES = ("firefox-esr", "firefox")


def find_firefox() -> str | None:
    """Path of the Firefox here; None without one."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


class Firefox:
    """One window.

    Attributes:
        complaints: what came on its console, and what scripts did not catch.
    """

    def __init__(self, address: str) -> None:
        self.complaints: list[str] = []
        self._numbers = itertools.count(1)
        self._wire = websocket.create_connection(f"{address}/session", timeout=START_SECONDS, suppress_origin=True)
        self._ask("session.new", capabilities={})
        self._ask("session.subscribe", events=["log.entryAdded"])
        self._window = self._ask("browsingContext.getTree")["contexts"][0]["context"]

    def open(self, url: str) -> None:
        """Loads an address."""
        self._ask("browsingContext.navigate", context=self._window, url=url, wait="complete")

    def read(self, script: str) -> Any:
        """What an expression is in the page, as JSON has it."""
        said = f"JSON.stringify({script})"
        answer = self._ask("script.evaluate", expression=said, target={"context": self._window}, awaitPromise=True)
        assert answer["type"] == "success", answer
        return json.loads(answer["result"].get("value") or "null")

    def wait_for(self, script: str) -> Any:
        """What an expression is, once that is something."""
        deadline = time.monotonic() + START_SECONDS
        while not (found := self.read(script)):
            assert time.monotonic() < deadline, f"never: {script}"
            time.sleep(0.2)
        return found

    def close(self) -> None:
        """Ends the session."""
        self._wire.close()

    def _ask(self, method: str, **params: Any) -> Any:
        number = next(self._numbers)
        self._wire.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            said = json.loads(self._wire.recv())
            if said.get("method") == "log.entryAdded":
                self.complaints.append(f"{said['params']['level']}: {said['params']['text']}")
            if said.get("id") == number:
                assert said["type"] == "success", said
                return said["result"]


@contextmanager
def start_firefox(path: str, profile: Path, width: int = 1440, height: int = 900) -> Iterator[Firefox]:
    """A Firefox of its own, ended afterwards."""
    size = [f"--width={width}", f"--height={height}"]
    command = [path, "--headless", "--no-remote", "--profile", str(profile), "--remote-debugging-port", "0", *size]
    # It keeps caches in the home folder otherwise.
    environ = {"HOME": str(profile), "PATH": "/usr/bin:/bin", "MOZ_CRASHREPORTER_DISABLE": "1"}
    with (profile / "said.txt").open("wb") as said:
        process = subprocess.Popen(command, stdout=said, stderr=said, env=environ)
    try:
        browser = Firefox(_wait(lambda: _find_address((profile / "said.txt").read_text(errors="replace"))))
        yield browser
        browser.close()
    finally:
        process.terminate()
        process.wait(timeout=30)


def _find_address(said: str) -> str | None:
    found = re.search(r"WebDriver BiDi listening on (ws://\S+)", said)
    return found[1] if found else None


def _wait(look: Callable[[], str | None]) -> str:
    deadline = time.monotonic() + START_SECONDS
    while (found := look()) is None:
        assert time.monotonic() < deadline, "Firefox did not say where it listens"
        time.sleep(0.1)
    return found
