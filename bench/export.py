"""Rows of CSV over HTTP, beside pyarrow's writer on the same query in process."""

import contextlib
import http.client
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow.csv as arrow_csv

from bench.plan import say
from bench.server import HOST, Server
from bench.table import Row, not_yet, short
from mmbatch_dash.services import Services
from mmbatch_dash.store.queries.job_fields import JOB_FIELDS, Field, Shape

PATH = "/api/v1/jobs.csv"
MOST_JOBS = 1_000_000
FIRST_MS, GROWTH_MB = 50, 50
SAMPLE_SECONDS = 0.02


def measure_writer(services: Services) -> float:
    """Seconds of pyarrow's CSV writer on the columns of the export, to nowhere."""
    say("writing CSV in process")
    columns = ", ".join(_plain(field) for field in JOB_FIELDS)
    with services.database.cursor() as cursor, Path("/dev/null").open("wb") as sink:
        began = time.perf_counter()
        reader = cursor.sql(f"SELECT {columns} FROM jobs").to_arrow_reader(65_536)
        with arrow_csv.CSVWriter(sink, reader.schema) as writer:
            for batch in reader:
                writer.write_batch(batch)
        return time.perf_counter() - began


def measure_csv(server: Server, writer_seconds: float, jobs: int) -> Iterator[Row]:
    """Time of the whole file, first byte, and what the server's memory grew by meanwhile."""
    say("fetching CSV over HTTP")
    what = f"CSV over HTTP, {short(jobs)} jobs"
    with _watch_memory(server) as memory:
        fetched = _fetch(server)
    if fetched is None:
        yield not_yet(what, f"there is no {PATH}", "<= 1")
        return
    ratio = fetched.seconds / writer_seconds
    ours = f"{fetched.seconds:.1f} s, {fetched.megabytes:,.0f} MB"
    yield Row(what, ours, f"{writer_seconds:.1f} s pyarrow", ratio, "<= 1", ratio <= 1)
    first = fetched.first_ms
    yield Row(
        f"  its first byte, {short(jobs)} jobs", f"{first:.0f} ms", "–", None, f"<= {FIRST_MS} ms", first <= FIRST_MS
    )
    grown = memory.highest_mb - memory.before_mb
    yield Row("  server memory grew by", f"{grown:.0f} MB", "–", None, f"<= {GROWTH_MB} MB", grown <= GROWTH_MB)


@dataclass(slots=True)
class _Fetched:
    first_ms: float
    seconds: float
    megabytes: float


@dataclass(slots=True)
class _Memory:
    before_mb: float
    highest_mb: float


def _fetch(server: Server) -> _Fetched | None:
    connection = http.client.HTTPConnection(HOST, server.port, timeout=600)
    with contextlib.closing(connection):
        began = time.perf_counter()
        connection.request("GET", PATH)
        answer = connection.getresponse()
        if answer.status == 404:
            return None
        assert answer.status == 200, f"{PATH} was answered with {answer.status}"
        size = len(answer.read(1))
        first = time.perf_counter() - began
        buffer = memoryview(bytearray(1 << 20))
        while taken := answer.readinto(buffer):
            size += taken
    return _Fetched(first * 1000, time.perf_counter() - began, size / 1e6)


@contextmanager
def _watch_memory(server: Server) -> Iterator[_Memory]:
    before = server.memory_mb()
    memory = _Memory(before, before)
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(SAMPLE_SECONDS):
            memory.highest_mb = max(memory.highest_mb, server.memory_mb())

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield memory
    finally:
        ended.set()
        thread.join()


def _plain(field: Field) -> str:
    # CSV has no lists and maps; as text is the least that can be done to them.
    return f"{field.sql}::VARCHAR AS {field.sql}" if field.shape in (Shape.TAGS, Shape.TEXTS) else field.sql
