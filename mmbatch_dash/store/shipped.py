"""The on-demand prices and instance sizes that ship with the product, put into the store where it has not got them."""

import gzip
import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import orjson
import pyarrow as pa

from mmbatch_dash.domain.shipped_files import find_shipped
from mmbatch_dash.store.database import Database, get_meta, set_meta

SHIPPED = find_shipped("data") / "ec2.json.gz"
DIGEST, LISTED_AT, SOURCE = "shipped_digest", "shipped_listed_at", "shipped_source"


@dataclass(frozen=True, slots=True)
class ShippedList:
    """What is told of the shipped list.

    Attributes:
        listed_at: when the prices were in force.
        source: where they come from.
        prices: how many.
    """

    listed_at: datetime
    source: str
    prices: int


def load_shipped(database: Database, path: Path = SHIPPED) -> bool:
    """Whether the list was put in; not where the store has this very list already, or none ships.

    Jobs already in the store wait to be costed again, those on instances whose size is told anew to be derived again.
    """
    if not path.is_file():
        return False
    data = path.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    cursor = database.open_cursor()
    try:
        with database.write_lock:
            if get_meta(cursor, DIGEST) == digest:
                return False
            _replace(cursor, orjson.loads(gzip.decompress(data)), digest)
    finally:
        cursor.close()
    return True


def fetch_shipped(cursor: duckdb.DuckDBPyConnection) -> ShippedList | None:
    """What list the store holds, None where it holds none."""
    listed_at = get_meta(cursor, LISTED_AT)
    row = cursor.execute("SELECT count(*) FROM shipped_prices").fetchone()
    if listed_at is None or row is None:
        return None
    return ShippedList(datetime.fromisoformat(listed_at), get_meta(cursor, SOURCE) or "", int(row[0]))


def _replace(cursor: duckdb.DuckDBPyConnection, content: dict[str, Any], digest: str) -> None:
    listed_at = datetime.fromisoformat(content["listed_at"]).astimezone(UTC)
    rows = [(region, name, usd) for name, regions in content["usd_per_hour"].items() for region, usd in regions.items()]
    sizes = [(name, vcpus, memory_mib) for name, (vcpus, memory_mib) in content["instance_types"].items()]
    prices = dict(zip(("region", "instance_type", "usd_per_hour"), map(list, zip(*rows, strict=True)), strict=True))
    specs = dict(zip(("instance_type", "vcpus", "memory_mib"), map(list, zip(*sizes, strict=True)), strict=True))
    moment = listed_at.replace(tzinfo=None)
    cursor.execute("BEGIN")
    try:
        cursor.register("news_prices", pa.table(prices))
        cursor.register("news_sizes", pa.table(specs))
        cursor.execute("CREATE OR REPLACE TEMP TABLE sizes_before AS SELECT * FROM instance_sizes")
        cursor.execute("DELETE FROM shipped_prices")
        cursor.execute(
            "INSERT INTO shipped_prices SELECT region, instance_type, usd_per_hour, ?::TIMESTAMP FROM news_prices",
            [moment],
        )
        cursor.execute("DELETE FROM instance_type_facts WHERE rank = 0")
        cursor.execute(
            "INSERT INTO instance_type_facts "
            "SELECT 0, 0, ?::TIMESTAMP, 'shipped', 'shipped', instance_type, vcpus, memory_mib FROM news_sizes",
            [moment],
        )
        cursor.execute(
            "INSERT INTO pending_jobs SELECT DISTINCT job_key, true FROM attempts SEMI JOIN "
            "(SELECT * FROM instance_sizes EXCEPT SELECT * FROM sizes_before) USING (instance_type)"
        )
        cursor.execute("INSERT INTO pending_jobs SELECT DISTINCT job_key, false FROM attempts")
        for name, value in ((DIGEST, digest), (LISTED_AT, listed_at.isoformat()), (SOURCE, content["source"])):
            set_meta(cursor, name, value)
        cursor.execute("COMMIT")
    except BaseException:
        cursor.execute("ROLLBACK")
        raise
    finally:
        cursor.unregister("news_prices")
        cursor.unregister("news_sizes")
