"""What the checkpoint engine did for the selected jobs: how long, how far apart, and whether in time."""

import duckdb
import pandas as pd

from mmbatch_dash.store.queries.insight.spreads import fetch_spreads

CHECKPOINTS = (
    "SELECT key, unnest(checkpoint_seconds) AS value FROM chosen WHERE checkpoints_succeeded + checkpoints_failed > 0"
)
RESTORES = "SELECT key, unnest(restore_seconds) AS value FROM chosen WHERE restores_succeeded + restores_failed > 0"
WAITS = "SELECT key, waited_seconds AS value FROM placed WHERE attempt > 1 AND waited_seconds IS NOT NULL"
DISTANCES = "SELECT key, unnest(distance_seconds) AS value FROM chosen WHERE distance_seconds IS NOT NULL"


def fetch_engine_spreads(cursor: duckdb.DuckDBPyConnection) -> dict[str, pd.DataFrame]:
    """How long checkpoints and restores took, the wait for the next instance, and the distance between checkpoints.

    Returns:
        checkpoint, restore, wait, distance → columns key, median, p95, count; in seconds.
    """
    asked = {"checkpoint": CHECKPOINTS, "restore": RESTORES, "wait": WAITS, "distance": DISTANCES}
    return {name: fetch_spreads(cursor, sql) for name, sql in asked.items()}


def fetch_told_intervals(cursor: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """The interval that attempts were told to take checkpoints at, as they began.

    Returns:
        Columns key, seconds (median of the attempts that told; one of the values). In order; no row where none told.
    """
    sql = """
        SELECT key, quantile_disc(checkpoint_interval_seconds, 0.5) AS seconds FROM placed
        WHERE checkpoint_interval_seconds IS NOT NULL GROUP BY key ORDER BY key"""
    return cursor.execute(sql).df()


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
