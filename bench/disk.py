"""Rows of the disk: journal and tables per million jobs, beside zstd of the same journal lines."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from bench.plan import say
from bench.table import Row

JOURNAL_GB, TABLES_GB = 1.3, 1.5
ZSTD_LEVEL, PIECE = 1, 1 << 20


def measure_disk(base: Path, base_jobs: int, world: Path, jobs: int) -> Iterator[Row]:
    """The journal of the base, whose jobs have all their events, and the tables of a world, per million jobs."""
    say("weighing journal and tables")
    lines = sum(path.stat().st_size for path in (base / "journal").glob("*.ndjson*"))
    packed = sum(_packed(path) for path in (base / "journal").glob("*.ndjson"))
    tables = sum(path.stat().st_size for path in world.glob("store*.duckdb*"))
    per_million = 1_000_000 / base_jobs / 1e9
    ours, limit = lines * per_million, packed * per_million
    yield Row(
        "journal per 1M jobs, open segment",
        f"{ours:.1f} GB; {limit:.1f} GB once closed",
        f"{limit:.1f} GB zstd",
        ours / limit if limit else None,
        f"<= {JOURNAL_GB} GB closed",
        limit <= JOURNAL_GB,
    )
    gb = tables * 1_000_000 / jobs / 1e9
    yield Row("tables per 1M jobs", f"{gb:.1f} GB", "–", None, f"<= {TABLES_GB} GB", gb <= TABLES_GB)


def _packed(path: Path) -> int:
    codec, size = pa.Codec("zstd", compression_level=ZSTD_LEVEL), 0
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            size += len(codec.compress(piece))
    return size
