"""Plays the story: a server of its own, jobs that count and save their count, instances that are taken away."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

import typer

from mmbatch_dash.commands.serve import find_address
from mmbatch_dash.commands.story.metadata import MetadataService
from mmbatch_dash.domain.errors import MmbatchDashError
from mmbatch_dash.settings import Settings

SECONDS = 110.0
MARKER = ".mmbatch-story"
"""Says that a folder is a story's own, and may be made anew."""
START_PATIENCE_SECONDS = 60.0
NOTICE_SECONDS = 8.0
"""Longer than the reporter takes to see a notice and to save; EC2 gives two minutes."""
SAVE = 'cp "$MMBATCH_CHECKPOINT_PATH.live" "$MMBATCH_CHECKPOINT_TMP"'
LOAD = 'cp "$MMBATCH_CHECKPOINT_PATH" "$MMBATCH_CHECKPOINT_PATH.live"'
COUNT = """
live="$MMBATCH_CHECKPOINT_PATH.live"; [ -f "$live" ] && [ "$MMBATCH_RESTORED" = 1 ] || echo 0 > "$live"
while [ "$(cat "$live")" -lt "$GOAL" ]; do
  sleep 0.5; echo $(($(cat "$live") + 1)) > "$live.part"; mv "$live.part" "$live"
done
"""
FACTS = ("vcpus=4", "usd_per_hour=0.0768", "user=ana")


@dataclass(frozen=True, slots=True)
class Scene:
    """One job, and what befalls it.

    Attributes:
        job_id: of the job.
        queue: of the job.
        work: how much of the story's time it needs to run, as a share.
        ends: shares of the story's time at which its instance is taken away.
        noticed: whether EC2 gives notice first.
    """

    job_id: str
    queue: str
    work: float
    ends: tuple[float, ...] = ()
    noticed: bool = True


SCENES = (
    Scene("story-align", "align", 0.72, (0.3, 0.62)),
    Scene("story-call", "call", 0.5, (0.45,), noticed=False),
    Scene("story-qc", "qc", 0.4),
)


def run_story(settings: Settings, *, seconds: float = SECONDS, stay: bool = True) -> None:
    """Plays it in a folder that is made anew.

    Args:
        settings: where; the folder must be a story's, or not be there yet.
        seconds: how long it takes.
        stay: whether the server goes on afterwards, until Ctrl-C.

    Raises:
        MmbatchDashError: the folder holds something else, or the server does not start.
    """
    folder = settings.data_dir.absolute()
    marker = folder / MARKER
    if folder.exists() and any(folder.iterdir()) and not marker.is_file():
        raise MmbatchDashError(f"{folder} holds something else; name another folder with --data-dir.")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    marker.write_text("")
    _host, port = find_address("127.0.0.1", settings.port or 0)
    with ExitStack() as stack:
        server = _start_server(folder / "data", port)
        stack.callback(_end, server)
        url = f"http://127.0.0.1:{port}"
        typer.echo(f"Look at {url}/jobs and {url}/ - three jobs run for {seconds:.0f} s, one is reclaimed twice.")
        play = _Play(folder, url, seconds, stack)
        play.run()
        typer.echo("The story has ended." + (" Ctrl-C ends the server." if stay else ""))
        if stay:
            with suppress(KeyboardInterrupt):
                server.wait()


class _Play:
    """The jobs, on a timetable."""

    def __init__(self, folder: Path, url: str, seconds: float, stack: ExitStack) -> None:
        self._folder, self._url, self._seconds, self._stack = folder, url, seconds, stack
        self._instances = 0
        self._running: dict[str, tuple[subprocess.Popen[bytes], MetadataService]] = {}

    def run(self) -> None:
        """Plays every scene and waits for the jobs to end."""
        steps: list[tuple[float, Callable[[], None]]] = []
        for scene in SCENES:
            steps.append((0.0, self._starting(scene, 1)))
            for number, end in enumerate(scene.ends, 2):
                if scene.noticed:
                    steps.append((end - NOTICE_SECONDS / self._seconds, self._noticing(scene)))
                steps += [(end, self._losing(scene)), (end + 0.04, self._starting(scene, number))]
        began = time.monotonic()
        for share, step in sorted(steps, key=lambda entry: entry[0]):
            time.sleep(max(0.0, began + share * self._seconds - time.monotonic()))
            step()
        for process, _metadata in self._running.values():
            process.wait()

    def _starting(self, scene: Scene, attempt: int) -> Callable[[], None]:
        def start() -> None:
            self._instances += 1
            metadata = MetadataService(f"i-{self._instances:016x}")
            self._stack.callback(metadata.close)
            path = self._folder / "shared" / scene.job_id
            path.parent.mkdir(exist_ok=True)
            options = ["--job-id", scene.job_id, "--attempt", str(attempt), "--queue", scene.queue]
            options += ["--server", self._url, "--checkpoint-path", str(path), "--checkpoint-cmd", SAVE]
            options += ["--restore-cmd", LOAD, "--interval", f"{max(1.0, self._seconds / 12):.3f}s"]
            options += [part for fact in FACTS for part in ("--set", fact)]
            line = [sys.executable, "-m", "mmbatch_dash.reporter", "run", *options, "--", "sh", "-c", COUNT]
            goal = str(int(scene.work * self._seconds / 0.5))
            environment = {**os.environ, "GOAL": goal, "MMBATCH_REPORT_IMDS": metadata.url}
            process = subprocess.Popen(line, env=environment, start_new_session=True)  # noqa: S603 - our own words
            self._stack.callback(_end, process)
            self._running[scene.job_id] = (process, metadata)
            typer.echo(f"{scene.job_id}: attempt {attempt} starts on {self._instances:016x}")

        return start

    def _noticing(self, scene: Scene) -> Callable[[], None]:
        def give_notice() -> None:
            self._running[scene.job_id][1].give_notice()
            typer.echo(f"{scene.job_id}: EC2 gives notice")

        return give_notice

    def _losing(self, scene: Scene) -> Callable[[], None]:
        def lose() -> None:
            process, _metadata = self._running[scene.job_id]
            _end(process)
            typer.echo(f"{scene.job_id}: the instance is gone")

        return lose


def _start_server(data_dir: Path, port: int) -> "subprocess.Popen[bytes]":
    line = [sys.executable, "-m", "mmbatch_dash", "serve", "--data-dir", str(data_dir), "--port", str(port)]
    server = subprocess.Popen(line, start_new_session=True)  # noqa: S603 - our own words
    from mmbatch_dash.reporter.server import Server

    end = time.monotonic() + START_PATIENCE_SECONDS
    while Server(f"http://127.0.0.1:{port}", None).ask("GET", "/healthz").status != 200:
        if server.poll() is not None or time.monotonic() > end:
            _end(server)
            raise MmbatchDashError("The server did not start; its own words are above.")
        time.sleep(0.2)
    return server


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Ends a process with all it started, as a lost machine does; a server that was asked to end first."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
