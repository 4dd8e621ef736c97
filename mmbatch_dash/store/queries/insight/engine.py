"""What the checkpoint engine did for the selected jobs: how long, how far apart, and whether in time."""

import duckdb
import pandas as pd

from mmbatch_dash.store.daily import LISTED, SIZE_CLASS
from mmbatch_dash.store.queries.insight.placed import InsightBy, Placed, attempt_key
from mmbatch_dash.store.queries.insight.spreads import fetch_spreads
from mmbatch_dash.store.queries.quantiles import Numbers
from mmbatch_dash.store.queries.where import Condition

_QUEUE, _ = attempt_key(InsightBy.QUEUE)

_WAITS = "SELECT key, waited_seconds AS value FROM placed WHERE attempt > 1 AND waited_seconds IS NOT NULL"
_TOLD = "SELECT key, checkpoint_interval_seconds AS value FROM placed WHERE checkpoint_interval_seconds IS NOT NULL"


def fetch_engine_spreads(cursor: duckdb.DuckDBPyConnection, placed: Placed) -> dict[str, pd.DataFrame]:
    """How long checkpoints and restores took, the wait for the next instance, and the distance between checkpoints.

    Returns:
        checkpoint, restore, wait, distance → columns key, median, p95, count; in seconds.
    """
    listed = {
        kind: Numbers(
            Condition(f"SELECT key, unnest({column}) AS value FROM {placed.jobs} WHERE {condition}", []),
            kind,
            placed.rolled_jobs,
            _QUEUE,
        )
        for kind, (column, condition) in LISTED.items()
    }
    waits = _of_attempts(_WAITS, "wait", placed)
    return {name: fetch_spreads(cursor, numbers) for name, numbers in (listed | {"wait": waits}).items()}


def fetch_sized_checkpoints(cursor: duckdb.DuckDBPyConnection, placed: Placed) -> pd.DataFrame:
    """How long checkpoints took, by how large they were; by queue alone.

    Returns:
        Columns key, size_class (which of SIZE_EDGES_GIB it has reached), median, p95, count. In order; only of those
        whose size was told.
    """
    if placed.by is not InsightBy.QUEUE:
        return pd.DataFrame(columns=["key", "size_class", "median", "p95", "count"])
    seconds, tried = LISTED["checkpoint"]
    listed = f"SELECT key, unnest({seconds}) AS value, unnest(checkpoint_bytes) AS size FROM {placed.jobs}"
    size_class = SIZE_CLASS.format(bytes="size")
    one_by_one = f"SELECT {size_class} || '/' || key AS key, value FROM ({listed} WHERE {tried}) WHERE size IS NOT NULL"
    rolled = placed.rolled_jobs._replace(sql=f"{placed.rolled_jobs.sql} AND size_class IS NOT NULL")
    numbers = Numbers(Condition(one_by_one, []), "checkpoint", rolled, f"size_class || '/' || {_QUEUE}")
    found = fetch_spreads(cursor, numbers)
    sizes, _, keys = zip(*(key.partition("/") for key in found["key"]), strict=True) if len(found) else ((), (), ())
    return found.assign(key=list(keys), size_class=[int(size) for size in sizes]).sort_values(["key", "size_class"])


def fetch_told_intervals(cursor: duckdb.DuckDBPyConnection, placed: Placed) -> pd.DataFrame:
    """The interval that attempts were told to take checkpoints at, as they began.

    Returns:
        Columns key, seconds (median of the attempts that told). In order; no row where none told.
    """
    found = fetch_spreads(cursor, _of_attempts(_TOLD, "told", placed))
    return found[["key", "median"]].rename(columns={"median": "seconds"})


def _of_attempts(sql: str, kind: str, placed: Placed) -> Numbers:
    key, known = attempt_key(placed.by)
    rolled = placed.rolled._replace(sql=f"{placed.rolled.sql} AND {known}")
    return Numbers(Condition(sql, []), kind, rolled, key)


def fetch_notices(cursor: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """Of the reclaimed attempts, those in which a checkpoint began after a notice and succeeded before the end.

    Returns:
        Columns key, reclaimed, saved. In order.
    """
    sql = """
        WITH reclaimed AS MATERIALIZED (
            SELECT key, job_key, attempt, instance_key, until_at FROM placed WHERE is_reclaimed
        ), noticed AS (
            SELECT r.job_key, r.attempt, min(n.noticed_at) AS noticed_at, any_value(r.until_at) AS until_at
            FROM reclaimed r JOIN notices n ON n.instance_key = r.instance_key AND n.notice_kind = 'interruption'
                 AND n.noticed_at BETWEEN r.until_at - INTERVAL 10 MINUTE AND r.until_at
            GROUP BY ALL
        ), saved AS (
            SELECT DISTINCT n.job_key, n.attempt
            FROM noticed n JOIN checkpoints c USING (job_key, attempt)
            WHERE c.outcome = 'succeeded' AND coalesce(c.started_at, c.taken_at) >= n.noticed_at
              AND coalesce(c.finished_at, c.taken_at) <= n.until_at
        )
        SELECT key, count(*) AS reclaimed, count(s.job_key) AS saved
        FROM reclaimed LEFT JOIN saved s USING (job_key, attempt) GROUP BY key ORDER BY key"""
    return cursor.execute(sql).df()


def fetch_failed_restores(cursor: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """Restores that failed, by what the engine said.

    Returns:
        Columns key, error (None where nothing was said), failed, other_gpu (how many of them were on another family of
        GPU instances than the checkpoint was taken on), tried (restores of the group that ended either way), lost_usd
        (what the lost seconds of the jobs in which it failed cost; NaN where that is known of none). The most frequent
        first.
    """
    # Failures are few, and so are their jobs: without any, no job has to be looked at.
    if not cursor.execute("SELECT 1 FROM restores WHERE outcome = 'failed' LIMIT 1").fetchall():
        return pd.DataFrame(columns=["key", "error", "failed", "other_gpu", "tried", "lost_usd"])
    sql = """
        WITH failed AS MATERIALIZED (
            SELECT c.key, c.gpus, c.lost_seconds / 3600 * c.cost_usd / nullif(c.instance_hours, 0) AS lost_usd,
                   r.job_key, r.attempt, r.checkpoint_taken_at, r.error
            FROM restores r JOIN chosen c USING (job_key) WHERE r.outcome = 'failed'
        ), tried AS (
            SELECT key, sum(restores_succeeded + restores_failed) AS tried FROM chosen
            WHERE key IN (SELECT key FROM failed) GROUP BY key
        ), on_gpu AS MATERIALIZED (
            SELECT job_key, attempt, started_at, split_part(instance_type, '.', 1) AS family
            FROM attempts SEMI JOIN (FROM failed WHERE gpus > 0) USING (job_key)
        ), by_job AS (
            SELECT f.key, f.error, f.job_key, any_value(f.lost_usd) AS lost_usd, count(*) AS failed,
                   count(*) FILTER (here.family <> (
                       SELECT arg_max(t.family, t.attempt) FROM on_gpu t
                       WHERE t.job_key = f.job_key AND t.attempt < f.attempt
                         AND t.started_at <= f.checkpoint_taken_at)) AS other_gpu
            FROM failed f LEFT JOIN on_gpu here USING (job_key, attempt) GROUP BY f.key, f.error, f.job_key
        )
        SELECT key, error, sum(failed)::BIGINT AS failed, sum(other_gpu)::BIGINT AS other_gpu,
               any_value(tried)::BIGINT AS tried, sum(lost_usd) AS lost_usd
        FROM by_job JOIN tried USING (key) GROUP BY key, error ORDER BY failed DESC, key, error"""
    return cursor.execute(sql).df()
