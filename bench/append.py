"""The limit of many events a request: the same events as Arrow tables, appended to a DuckDB table in process."""

import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import duckdb
import orjson
import pyarrow as pa

from bench.plan import say

PER_APPEND = 1_000
_COLUMNS = "source VARCHAR, id VARCHAR, type VARCHAR, time VARCHAR, subject VARCHAR, data VARCHAR"


def measure_append(file: Path, count: int, folder: Path) -> float:
    """Events a second, a thousand in each transaction; reading them and making the tables is not counted."""
    say(f"appending {count:,} events to a DuckDB table")
    tables = list(_tables(file, count))
    path = folder / "append.duckdb"
    connection = duckdb.connect(str(path))
    connection.execute(f"CREATE TABLE events ({_COLUMNS})")
    began = time.perf_counter()
    for table in tables:
        connection.register("batch", table)
        connection.execute("INSERT INTO events SELECT * FROM batch")
        connection.unregister("batch")
    seconds = time.perf_counter() - began
    connection.close()
    path.unlink()
    return sum(len(table) for table in tables) / seconds


def _tables(file: Path, count: int) -> Iterator[pa.Table]:
    with file.open("rb") as lines:
        wanted = islice(lines, count)
        while some := [orjson.loads(line) for line in islice(wanted, PER_APPEND)]:
            rows = [
                {**{name: event[name] for name in ("source", "id", "type", "time", "subject")}, "data": _text(event)}
                for event in some
            ]
            yield pa.Table.from_pylist(rows)


def _text(event: dict[str, object]) -> str:
    return orjson.dumps(event["data"]).decode()
