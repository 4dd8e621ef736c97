"""Many jobs at once, taken away at random and the server killed twice: the figures are what the jobs wrote down.

`make reclaims` plays 20 jobs for two minutes (RECLAIMS_JOBS, RECLAIMS_SECONDS, RECLAIMS_SEED); the suite a few.
"""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from typing import Any

import pytest

from tests.endurance.server import Server
from tests.reporter.conftest import LOAD, PROJECT, SAVE, Wrapped
from tests.reporter.imds import MetadataService, serving

pytestmark = pytest.mark.slow

JOBS = int(os.environ.get("RECLAIMS_JOBS", "3"))
SECONDS = float(os.environ.get("RECLAIMS_SECONDS", "18"))
SEED = int(os.environ.get("RECLAIMS_SEED", "7"))
JOB = [sys.executable, "-I", "-S", str(PROJECT / "tests" / "reporter" / "truthful_job.py")]
USD_PER_SECOND = 0.1
MARK_SECONDS = 5.0
"""Whoever is killed without a word ended between its last sign of life and the next."""
WAYS = ("asked", "taken", "lost")
"""A notice and SIGTERM; a notice and SIGKILL; SIGKILL alone."""


@dataclass
class Life:
    """One job through all its attempts.

    Attributes:
        ways: how each attempt but the last went.
    """

    number: int
    wrapped: Wrapped
    url: str
    chance: random.Random
    ways: list[str] = field(default_factory=list)

    @property
    def job_id(self) -> str:
        return f"many-{self.number}"

    @property
    def path(self) -> Path:
        return self.wrapped.folder / self.job_id / "state"

    @property
    def diary(self) -> Path:
        return self.wrapped.folder / f"{self.job_id}.diary"

    def live(self) -> None:
        """Every attempt to the last."""
        self.path.parent.mkdir()
        planned = [self.chance.choice(WAYS) for _ in range(self.chance.randint(1, 2))]
        for attempt, way in enumerate([*planned, None], 1):
            with serving(f"i-{self.number:08x}{attempt:08x}") as imds:
                process = self._start(attempt, imds.url)
                if way is None:
                    assert process.wait(SECONDS * 3 + 60) == 0
                    return
                time.sleep(self.chance.uniform(0.15, 0.3) * SECONDS)
                if not self._end(process, way, imds):
                    return
                self.ways.append(way)
            time.sleep(self.chance.uniform(0.2, 1.0))

    def _start(self, attempt: int, imds: str) -> "subprocess.Popen[bytes]":
        options = ("--job-id", self.job_id, "--attempt", str(attempt), "--queue", "align")
        saving = ("--checkpoint-path", str(self.path), "--checkpoint-cmd", SAVE, "--restore-cmd", LOAD)
        facts = ("--interval", "4s", "--set", "vcpus=2", "--set", f"usd_per_hour={3600 * USD_PER_SECOND}")
        command = [*JOB, str(SECONDS * 0.8), str(self.diary)]
        environment = self.wrapped.environment(MMBATCH_REPORT_IMDS=imds)
        spool = {"MMBATCH_REPORT_SPOOL": str(self.wrapped.folder / "spool")}  # one for all: they send each other's
        return self.wrapped.start(
            *options, *saving, *facts, command=command, server=self.url, environment={**environment, **spool}
        )

    def _end(self, process: "subprocess.Popen[bytes]", way: str, imds: MetadataService) -> bool:
        """Takes an attempt away; False where it was done before."""
        if way != "lost":
            imds.give_notice()
            while process.poll() is None and not self._knows_of_the_notice():
                time.sleep(0.1)
            time.sleep(self.chance.uniform(0.2, 2.0))
        if way == "asked" and process.poll() is None:
            process.send_signal(signal.SIGTERM)
        elif process.poll() is None:
            self.wrapped.kill_group(process)
        return process.wait(30) != 0

    def _knows_of_the_notice(self) -> bool:
        marks = (self.wrapped.folder / "spool" / "marks" / self.job_id).glob("*.json")
        with suppress(FileNotFoundError):  # ended meanwhile
            return any('"noticed": true' in mark.read_text() for mark in marks)
        return False

    def truth(self) -> dict[str, Any]:
        """What the job wrote down itself, in the words of the API."""
        lines = [json.loads(line) for line in self.diary.read_text().splitlines() if line.endswith("}")]
        runs = {line["attempt"]: line for line in lines}
        attempts = sorted(runs)
        carried = {attempt: runs[attempt]["carried"] for attempt in attempts}
        run_seconds = {attempt: runs[attempt]["now"] - runs[attempt]["began"] for attempt in attempts}
        reclaimed = [attempt for attempt, way in enumerate(self.ways, 1) if way != "lost"]
        return {
            "attempts": attempts,
            "ends": [*("host_lost" if way == "lost" else "reclaimed" for way in self.ways), "completed"],
            "restores": sum(seconds > 0 for seconds in carried.values()),
            "protections": sum(carried[attempt + 1] > 0 for attempt in reclaimed),
            "saved": carried[attempts[-1]],
            "spot_saved": carried[reclaimed[-1] + 1] if reclaimed else 0.0,
            "lost": sum(run_seconds[attempt] for attempt in attempts[:-1]) - carried[attempts[-1]],
            "run": sum(run_seconds.values()),
            "unsure": MARK_SECONDS * sum(way != "asked" for way in self.ways),
        }


@pytest.fixture
def dying_server(tmp_path: Path) -> Iterator[Server]:
    """A server that is killed at a third and at two thirds of the time, and comes back after a while."""
    servers = [Server(tmp_path / "data", tmp_path / "server.log")]
    servers[0].wait_until_up()
    stopping = threading.Event()

    def die_twice() -> None:
        for _ in range(2):
            if stopping.wait(SECONDS / 3):
                return
            servers[-1].kill()
            time.sleep(SECONDS / 20)
            servers.append(Server(tmp_path / "data", tmp_path / "server.log", port=servers[0].port))
            servers[-1].wait_until_up()

    killer = threading.Thread(target=die_twice)
    killer.start()
    yield servers[0]
    stopping.set()
    killer.join()
    servers[-1].kill()


def is_up(server: Server) -> bool:
    with suppress(OSError, HTTPException):
        return server.get("/healthz")[0] == 200
    return False


def send_what_waits(wrapped: Wrapped, url: str) -> None:
    environment = wrapped.environment(MMBATCH_REPORT_SPOOL=str(wrapped.folder / "spool"))
    line = [sys.executable, "-m", "mmbatch_dash.reporter", "spool", "--send", "--server", url]
    told = subprocess.run(line, env=environment, capture_output=True, text=True)
    assert told.returncode == 0, told.stderr
    assert "0 events wait" in told.stdout


def compare(told: dict[str, Any], truth: dict[str, Any]) -> list[str]:
    """Where the server's figures are not the job's own."""
    wrong = []
    exact = {
        "attempts": [row["attempt"] for row in told["attempts"]],
        "ends": [row["end_reason"] for row in told["attempts"]],
        "restores": told["restores_succeeded"],
        "protections": told["protections_succeeded"],
    }
    wrong += [f"{name}: {value}, not {truth[name]}" for name, value in exact.items() if value != truth[name]]
    for name, field_name, unit, below in (
        ("saved", "saved_seconds", 1.0, 0.0),
        ("spot_saved", "spot_saved_seconds", 1.0, 0.0),
        ("lost", "lost_seconds", 1.0, truth["unsure"]),
        ("run", "cost_usd", USD_PER_SECOND, truth["unsure"]),
    ):
        value = None if told[field_name] is None else told[field_name] / unit
        if value is None or not truth[name] - below - 1.0 <= value <= truth[name] + 1.0:
            wrong.append(f"{name}: {value}, not {truth[name]:.3f} (up to {below:g} s less)")
    return [f"{told['job_id']}: {words}" for words in wrong]


def test_the_figures_are_what_the_jobs_wrote_down(dying_server: Server, wrapped: Wrapped) -> None:
    url = f"http://127.0.0.1:{dying_server.port}"
    lives = [Life(number, wrapped, url, random.Random(f"{SEED}/{number}")) for number in range(JOBS)]
    with ThreadPoolExecutor(JOBS) as pool:
        for future in [pool.submit(life.live) for life in lives]:
            future.result()
    deadline = time.monotonic() + 120
    while not is_up(dying_server) and time.monotonic() < deadline:
        time.sleep(0.2)
    send_what_waits(wrapped, url)
    dying_server.wait_until_folded()

    truths = {life.job_id: life.truth() for life in lives}
    wrong: list[str] = []
    for job_id, truth in truths.items():
        wrong += compare(dying_server.get(f"/api/v1/jobs/{job_id}")[1], truth)
    assert wrong == [], dying_server.get("/api/v1/jobs/" + wrong[0].partition(":")[0])
    figures = dying_server.get("/api/v1/summary")[1]["figures"]
    assert figures["total_jobs"] == JOBS
    assert figures["spot_protections"] == sum(truth["protections"] for truth in truths.values())
    attempts = sum(len(truth["attempts"]) for truth in truths.values())
    sys.stdout.write(
        f"\n{JOBS} jobs, {attempts} attempts, {figures['spot_protections']} protections: as written down\n"
    )
