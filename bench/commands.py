"""Rows of the command line and of a server's life: help, start, memory, import of a file."""

import subprocess
import sys
import time
from pathlib import Path

from bench.dashboard import median_ms
from bench.plan import Plan, say
from bench.server import PROJECT, Server
from bench.table import Row, short

HELP_SECONDS, START_SECONDS, IMPORTED = 0.3, 2.0, 80_000
SMALL_JOBS, SMALL_MB, BIG_MB = 100_000, 500, 1_000


def measure_help(plan: Plan) -> Row:
    """`python -m mmbatch_dash --help`."""
    say("asking for help")
    command = [sys.executable, "-m", "mmbatch_dash", "--help"]
    seconds = median_ms(lambda: subprocess.run(command, cwd=PROJECT, capture_output=True, check=True), plan.repeats)
    seconds /= 1000
    return Row("--help", f"{seconds:.2f} s", "–", None, f"<= {HELP_SECONDS} s", seconds <= HELP_SECONDS)


def describe_start(server: Server, jobs: int) -> Row:
    """From the command to the first answer."""
    what, seconds = f"server start to first answer, {short(jobs)} jobs", server.start_seconds
    return Row(what, f"{seconds:.2f} s", "–", None, f"<= {START_SECONDS:.0f} s", seconds <= START_SECONDS)


def measure_memory(server: Server, jobs: int) -> Row:
    """Resident memory of all the server's processes, after everything else was asked of it."""
    memory = server.memory_mb()
    most = SMALL_MB if jobs <= SMALL_JOBS else BIG_MB
    what = f"server memory after all of it, {short(jobs)} jobs"
    return Row(what, f"{memory:,.0f} MB", "–", None, f"<= {most:,} MB", memory <= most)


def measure_import(plan: Plan, file: Path, append: float) -> Row:
    """The whole command `import`: read, checked, durable and folded."""
    say(f"importing {plan.imported:,} events")
    wanted = _head(file, plan.imported, plan.folder / "import.ndjson")
    data_dir = plan.folder / "imported"
    command = [sys.executable, "-m", "mmbatch_dash", "import", str(wanted), "--data-dir", str(data_dir)]
    began = time.perf_counter()
    done = subprocess.run([*command, "--format", "events"], cwd=PROJECT, capture_output=True, text=True, check=True)
    rate = plan.imported / (time.perf_counter() - began)
    assert f"{plan.imported:,} new" in done.stdout, done.stdout
    ratio = rate / append
    what = f"import of a {short(plan.imported)}-event file, folded"
    return Row(what, f"{rate:,.0f} events/s", f"{append:,.0f}/s append", ratio, f">= {IMPORTED:,}/s", rate >= IMPORTED)


def _head(file: Path, lines: int, target: Path) -> Path:
    with file.open("rb") as source, target.open("wb") as sink:
        for _, line in zip(range(lines), source, strict=False):
            sink.write(line)
    return target
