"""What only AWS can tell: prices, sizes and instances that attempts in the store need and nobody has reported."""

from datetime import datetime

import duckdb
import pandas as pd

_ON_EC2 = "platform IS DISTINCT FROM 'FARGATE' AND platform IS DISTINCT FROM 'EKS'"


def fetch_spot_needs(cursor: duckdb.DuckDBPyConnection, since: datetime, now: datetime) -> pd.DataFrame:
    """Spot history that is needed: the times of attempts for which no price was reported.

    Args:
        cursor: where to ask.
        since: earliest time AWS still knows (UTC without zone).
        now: until when open attempts need it (UTC without zone).

    Returns:
        Columns availability_zone, instance_type, first_at, last_at (UTC without zone). Sorted by the first two.
    """
    sql = f"""
        SELECT availability_zone, instance_type, greatest(min(started_at), $1::TIMESTAMP) AS first_at,
               max(coalesce(ended_at, $2::TIMESTAMP)) AS last_at
        FROM attempts
        WHERE purchase_option = 'spot' AND reported_usd_per_hour IS NULL AND availability_zone IS NOT NULL
          AND instance_type IS NOT NULL AND started_at IS NOT NULL AND {_ON_EC2}
          AND coalesce(ended_at, $2::TIMESTAMP) > $1::TIMESTAMP
        GROUP BY ALL ORDER BY ALL"""
    return cursor.execute(sql, [since, now]).df()


def fetch_on_demand_needs(cursor: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """On-demand prices that attempts need and that nobody has observed or imported.

    Returns:
        Columns region, instance_type. Sorted.
    """
    sql = f"""
        SELECT DISTINCT region, instance_type FROM attempts a
        WHERE purchase_option IS NOT NULL AND instance_type IS NOT NULL AND region IS NOT NULL
          AND started_at IS NOT NULL AND {_ON_EC2}
          AND NOT EXISTS (SELECT 1 FROM price_spans s
                          WHERE s.purchase_option = 'on-demand' AND s.place = a.region
                            AND s.instance_type = a.instance_type AND s.effective_at <= a.started_at)
        ORDER BY ALL"""
    return cursor.execute(sql).df()


def fetch_unsized_types(cursor: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """Instance types of attempts whose vCPUs and memory nobody has told.

    Returns:
        Columns region, instance_type. Sorted.
    """
    sql = """
        SELECT DISTINCT region, instance_type FROM attempts
        WHERE instance_type IS NOT NULL AND region IS NOT NULL
          AND instance_type NOT IN (SELECT instance_type FROM instance_sizes WHERE vcpus IS NOT NULL)
        ORDER BY ALL"""
    return cursor.execute(sql).df()


def fetch_unplaced(cursor: duckdb.DuckDBPyConnection, since: datetime) -> tuple[list[str], list[str]]:
    """(container instance ARNs whose EC2 instance is unknown, EC2 instance ids of which something is unknown).

    Args:
        cursor: where to ask.
        since: only of attempts that had not ended by then (UTC without zone); AWS soon forgets instances.
    """
    recent = "coalesce(a.ended_at, a.started_at) >= ?"
    arns = f"""
        SELECT DISTINCT f.container_instance_arn FROM facts f
        JOIN attempts a ON a.job_key = f.job_key AND a.attempt = f.attempt
        WHERE f.container_instance_arn IS NOT NULL AND (a.instance_id IS NULL OR a.instance_type IS NULL) AND {recent}
        ORDER BY ALL"""
    ids = f"""
        SELECT DISTINCT a.instance_id FROM attempts a
        WHERE a.instance_id LIKE 'i-%' AND {_ON_EC2.replace("platform", "a.platform")} AND {recent}
          AND (a.instance_type IS NULL OR a.availability_zone IS NULL OR a.purchase_option IS NULL
               OR (a.purchase_option = 'spot' AND a.instance_launched_at IS NULL))
        ORDER BY ALL"""
    return tuple([str(one) for (one,) in cursor.execute(sql, [since]).fetchall()] for sql in (arns, ids))  # type: ignore[return-value]


def fetch_settled_jobs(cursor: duckdb.DuckDBPyConnection, job_ids: list[str]) -> set[str]:
    """Of these jobs, those whose end AWS has told."""
    sql = """
        SELECT DISTINCT job_id FROM facts
        WHERE job_key IN (SELECT id_key(id) FROM (SELECT unnest(?::VARCHAR[]) AS id))
          AND kind = 2 AND status IN ('SUCCEEDED', 'FAILED')"""
    return {str(job_id) for (job_id,) in cursor.execute(sql, [job_ids]).fetchall()}


def fetch_unfinished_jobs(cursor: duckdb.DuckDBPyConnection) -> list[str]:
    """Ids of jobs, parents too, that AWS spoke of and that have not ended as far as the store knows."""
    sql = """
        SELECT DISTINCT j.job_id FROM jobs j
        WHERE j.status NOT IN ('SUCCEEDED', 'FAILED') AND j.job_key IN (SELECT job_key FROM facts WHERE kind = 2)
        ORDER BY ALL"""
    return [str(job_id) for (job_id,) in cursor.execute(sql).fetchall()]
