"""Jobs that wait to be costed or derived again: taken in chunks between batches, so that nothing holds ingest up."""

import duckdb

from mmbatch_dash.store.fold.declared import read_script
from mmbatch_dash.store.fold.write import write_untouched

COST_CHUNK = 20_000
WHOLE_CHUNK = 5_000
_KEPT = (
    "job_key, attempt, started_at, ended_at, end_reason, run_seconds, instance_key, instance_type, availability_zone, "
    "region, purchase_option, platform, reported_usd_per_hour, shared, asked_share, share"
)
_SAME = " AND ".join(
    f"a.{name} IS NOT DISTINCT FROM rated.{name}"
    for name in (
        "regular_usd_per_hour",
        "usd_per_hour",
        "rate_source",
        "price_at",
        "on_demand_usd_per_hour",
        "on_demand_price_at",
    )
)


def count_pending(cursor: duckdb.DuckDBPyConnection) -> int:
    """How many jobs wait."""
    row = cursor.execute("SELECT count(DISTINCT job_key) FROM pending_jobs").fetchone()
    return int(row[0]) if row else 0


def has_pending(cursor: duckdb.DuckDBPyConnection) -> bool:
    """Whether any waits."""
    return bool(cursor.execute("SELECT EXISTS (FROM pending_jobs)").fetchall()[0][0])


def take_whole(cursor: duckdb.DuckDBPyConnection, limit: int = WHOLE_CHUNK) -> list[int]:
    """Keys of the next jobs to derive as a whole; they leave the queue when that is done."""
    sql = f"SELECT DISTINCT job_key FROM pending_jobs WHERE whole LIMIT {limit}"
    return [int(key) for (key,) in cursor.execute(sql).fetchall()]


def cost_chunk(cursor: duckdb.DuckDBPyConnection, limit: int = COST_CHUNK) -> None:
    """Finds rates and costs of the next jobs anew, in the caller's transaction.

    Only rows whose rates come out different are written.
    """
    cursor.execute(
        f"CREATE OR REPLACE TEMP TABLE taken AS SELECT DISTINCT job_key FROM pending_jobs WHERE NOT whole LIMIT {limit}"
    )
    cursor.execute("CREATE OR REPLACE TEMP TABLE touched (job_key UBIGINT)")
    cursor.execute(
        f"CREATE OR REPLACE TEMP TABLE costing AS SELECT {_KEPT} FROM known_attempts SEMI JOIN taken USING (job_key) "
        "WHERE end_reason IS DISTINCT FROM 'not_started'"
    )
    cursor.execute(read_script("76_rates"))
    cursor.execute(
        f"CREATE OR REPLACE TEMP TABLE settled AS SELECT rated.job_key, rated.attempt FROM rated "
        f"JOIN known_attempts a ON a.job_key = rated.job_key AND a.attempt = rated.attempt WHERE {_SAME}"
    )
    # The mark of shared instances hangs on the attribution alone, so those jobs are always written.
    cursor.execute(
        "DELETE FROM rated USING settled s WHERE rated.job_key = s.job_key AND rated.attempt = s.attempt "
        "AND NOT rated.shared"
    )
    write_untouched(cursor)
    cursor.execute("DELETE FROM pending_jobs WHERE NOT whole AND job_key IN (SELECT job_key FROM taken)")
