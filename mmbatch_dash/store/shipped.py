"""The on-demand prices and instance sizes that ship with the product, put into the store where it has not got them."""

import gzip
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import orjson
import pyarrow as pa

from mmbatch_dash.domain.shipped_files import find_shipped
from mmbatch_dash.store.database import Database, get_meta, set_meta

SHIPPED = find_shipped("data") / "ec2.json.gz"
DIGEST, LISTED_AT, SOURCE = "shipped_digest", "shipped_listed_at", "shipped_source"
LICENCE, COMMON_TYPES = "shipped_licence", "shipped_common_types"
NEVER = datetime(9999, 1, 1)  # noqa: DTZ001 - the store keeps UTC without zone


class _Price(NamedTuple):
    """A row of shipped_prices."""

    region: str
    instance_type: str
    usd_per_hour: float
    effective_at: datetime
    until_at: datetime
    derived: bool


@dataclass(frozen=True, slots=True)
class ShippedList:
    """What is told of the shipped list.

    Attributes:
        listed_at: when the prices were in force.
        source: where they come from.
        prices: how many.
        licence: under which they were published.
        derived: how many of them follow from another size of their family.
        common_types: region → share of the common types (m, c, r, g4dn, g5, g6) that it has whose price is known.
    """

    listed_at: datetime
    source: str
    prices: int
    licence: str = ""
    derived: int = 0
    common_types: Mapping[str, float] = field(default_factory=dict)


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
    counts = "SELECT count(DISTINCT (region, instance_type)), count(DISTINCT (region, instance_type)) FILTER (derived)"
    row = cursor.execute(f"{counts} FROM shipped_prices").fetchone()
    if listed_at is None or row is None:
        return None
    return ShippedList(
        datetime.fromisoformat(listed_at),
        get_meta(cursor, SOURCE) or "",
        int(row[0]),
        get_meta(cursor, LICENCE) or "",
        int(row[1]),
        orjson.loads(get_meta(cursor, COMMON_TYPES) or "{}"),
    )


def _rows(content: dict[str, Any], listed_at: datetime) -> Iterator[_Price]:
    """Every price with the time it holds for; one that changed since the list was made holds until then.

    The list says of a family when its prices changed and by which factor; where it does not know the factor, nothing is
    known from then on.
    """
    derived = {name: frozenset(regions) for name, regions in content["derived"].items()}
    for name, regions in content["usd_per_hour"].items():
        change = content["changes"].get(name.partition(".")[0])
        changed_at = _stored(change["at"]) if change else NEVER
        for region, usd in regions.items():
            is_derived = region in derived.get(name, ())
            if listed_at < changed_at:
                yield _Price(region, name, usd, listed_at, changed_at, is_derived)
            if change and change["factor"]:
                yield _Price(region, name, round(usd * change["factor"], 6), changed_at, NEVER, is_derived)


def _stored(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None)


def _replace(cursor: duckdb.DuckDBPyConnection, content: dict[str, Any], digest: str) -> None:
    listed_at = datetime.fromisoformat(content["listed_at"]).astimezone(UTC)
    sizes = [(name, vcpus, memory_mib) for name, (vcpus, memory_mib) in content["instance_types"].items()]
    prices = pa.Table.from_pylist([row._asdict() for row in _rows(content, listed_at.replace(tzinfo=None))])
    specs = dict(zip(("instance_type", "vcpus", "memory_mib"), map(list, zip(*sizes, strict=True)), strict=True))
    moment = listed_at.replace(tzinfo=None)
    cursor.execute("BEGIN")
    try:
        cursor.register("news_prices", prices)
        cursor.register("news_sizes", pa.table(specs))
        cursor.execute("CREATE OR REPLACE TEMP TABLE sizes_before AS SELECT * FROM instance_sizes")
        cursor.execute("DELETE FROM shipped_prices")
        cursor.execute("INSERT INTO shipped_prices BY NAME SELECT * FROM news_prices")
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
        told = {
            DIGEST: digest,
            LISTED_AT: listed_at.isoformat(),
            SOURCE: content["source"],
            LICENCE: content["licence"],
            COMMON_TYPES: orjson.dumps(content["coverage"]).decode(),
        }
        for name, value in told.items():
            set_meta(cursor, name, value)
        cursor.execute("COMMIT")
    except BaseException:
        cursor.execute("ROLLBACK")
        raise
    finally:
        cursor.unregister("news_prices")
        cursor.unregister("news_sizes")
