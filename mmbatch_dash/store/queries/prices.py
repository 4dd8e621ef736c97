"""Where the rates of the selected jobs come from, and which prices are missing."""

from datetime import datetime

import duckdb
import pandas as pd

from mmbatch_dash.domain.selection import Selection
from mmbatch_dash.store.queries.totals import known_prefix
from mmbatch_dash.store.queries.where import select_attempts

SHIPPED_LISTS = ("shipped list", "shipped list (derived)")
_MISSING_LIMIT = 1000
NO_INSTANCE = """
    coalesce(platform = 'FARGATE', false)
    OR (coalesce(platform = 'EKS', false) AND instance_id IS NULL
        AND (instance_type IS NULL OR availability_zone IS NULL OR purchase_option IS NULL))"""
NO_SHARE = "(usd_per_hour IS NULL AND price_at IS NOT NULL)"
"""A price was found, and no rate came of it: what is missing is the share of the instance that is charged."""
_NEED = f"""
    CASE WHEN {NO_INSTANCE} THEN 'not_on_ec2'
         WHEN started_at IS NULL THEN 'start_time'
         WHEN {NO_SHARE} THEN CASE WHEN job_key IN (SELECT job_key FROM known_jobs
                                                     WHERE vcpus IS NULL AND memory_mib IS NULL)
                                   THEN 'job_size' ELSE 'instance_size' END
         WHEN instance_type IS NULL THEN 'instance_type'
         WHEN purchase_option IS NULL THEN 'purchase_option'
         WHEN purchase_option = 'spot' AND availability_zone IS NULL THEN 'zone'
         WHEN purchase_option = 'spot' THEN 'spot_history'
         ELSE 'on_demand_price' END"""


def fetch_rate_hours(cursor: duckdb.DuckDBPyConnection, selection: Selection) -> pd.DataFrame:
    """Instance hours of ended attempts of the selected jobs by where their paid rate came from.

    Returns:
        Columns rate_source (reported, spot_history, price_list, assumed, free_hour, unknown), list_source (of
        price_list: the name of the list, else None), hours (of attempts whose times are known), attempts (int),
        timeless (int, attempts whose hours are unknown). Sorted by the first two; empty where no attempt has ended.
    """
    known = known_prefix(selection)
    condition = select_attempts(selection, jobs_in=f"{known}jobs")
    sql = f"""
        SELECT coalesce(rate_source, 'unknown') AS rate_source,
               CASE WHEN rate_source = 'price_list' THEN on_demand_source END AS list_source,
               coalesce(sum(run_seconds), 0) / 3600 AS hours, count(*) AS attempts,
               count(*) FILTER (run_seconds IS NULL) AS timeless
        FROM {known}attempts
        WHERE coalesce(end_reason, '') NOT IN ('running', 'not_started') AND {condition.sql}
        GROUP BY ALL ORDER BY ALL"""
    return cursor.execute(sql, condition.parameters).df()


def fetch_missing_prices(cursor: duckdb.DuckDBPyConnection, selection: Selection) -> pd.DataFrame:
    """What keeps attempts of the selected jobs from a rate of their own, and spot ones from their savings.

    Returns:
        Columns need (spot_history, on_demand_price, zone, instance_type, purchase_option, start_time,
        instance_size, job_size, not_on_ec2), figure (cost, or savings where only the on-demand rate beside a paid one
        is missing), assumed (bool, a rate was assumed in the meantime), purchase_option, instance_type, place (zone of
        spot, else region; each None where unknown), attempts (int), hours (ended ones), first_at, last_at (UTC without
        zone). Most hours first, at most 1,000 rows.
    """
    known = known_prefix(selection)
    condition = select_attempts(selection, jobs_in=f"{known}jobs")
    sql = f"""
        WITH of_jobs AS (
            SELECT * FROM {known}attempts WHERE end_reason IS DISTINCT FROM 'not_started' AND {condition.sql}
        ), missing AS (
            SELECT {_NEED} AS need, 'cost' AS figure, rate_source IS NOT DISTINCT FROM 'assumed' AS assumed, *
            FROM of_jobs WHERE usd_per_hour IS NULL OR rate_source = 'assumed'
            UNION ALL
            SELECT 'on_demand_price', 'savings', false, *
            FROM of_jobs
            WHERE purchase_option = 'spot' AND on_demand_usd_per_hour IS NULL AND instance_type IS NOT NULL
              AND started_at IS NOT NULL AND NOT ({NO_INSTANCE}) AND on_demand_price_at IS NULL
        )
        SELECT need, figure, assumed, purchase_option, instance_type,
               CASE WHEN need IN ('spot_history', 'zone') THEN availability_zone ELSE region END AS place,
               count(*) AS attempts, coalesce(sum(run_seconds), 0) / 3600 AS hours,
               min(started_at) AS first_at, max(coalesce(ended_at, started_at)) AS last_at
        FROM missing GROUP BY ALL ORDER BY hours DESC, attempts DESC, need, figure, instance_type, place
        LIMIT {_MISSING_LIMIT}"""
    return cursor.execute(sql, condition.parameters).df()


def fetch_price_book(cursor: duckdb.DuckDBPyConnection, *, limit: int = 1000) -> pd.DataFrame:
    """What the price book holds, observed and imported.

    Returns:
        Columns purchase_option, place, instance_type, prices (int, changes known), first_at, last_at (UTC without
        zone), usd_per_hour and price_source (of the last). Sorted by the first three.
    """
    sql = f"""
        SELECT purchase_option, place, instance_type, count(*) AS prices, min(effective_at) AS first_at,
               max(effective_at) AS last_at, arg_max(usd_per_hour, effective_at) AS usd_per_hour,
               arg_max(price_source, effective_at) AS price_source
        FROM price_spans GROUP BY ALL ORDER BY ALL LIMIT {limit}"""
    return cursor.execute(sql).df()


def fetch_price(
    cursor: duckdb.DuckDBPyConnection, purchase_option: str, place: str, instance_type: str, at: datetime
) -> tuple[float, datetime, str] | None:
    """(USD per hour, since when (UTC without zone), source) in force at a moment; None where none is known.

    Args:
        cursor: where to ask.
        purchase_option: spot or on-demand.
        place: zone of spot, else region.
        instance_type: EC2 instance type.
        at: UTC without zone.
    """
    sql = """
        SELECT usd_per_hour, effective_at, price_source FROM (
            SELECT usd_per_hour, effective_at, price_source, 1 AS rank FROM price_spans
            WHERE purchase_option = $1 AND place = $2 AND instance_type = $3 AND effective_at <= $4 AND until_at > $4
            UNION ALL
            SELECT usd_per_hour, effective_at,
                   CASE WHEN derived THEN 'shipped list (derived)' ELSE 'shipped list' END, 0
            FROM shipped_prices
            WHERE $1 = 'on-demand' AND region = $2 AND instance_type = $3 AND effective_at <= $4 AND until_at > $4)
        ORDER BY rank DESC LIMIT 1"""
    row = cursor.execute(sql, [purchase_option, place, instance_type, at]).fetchone()
    return None if row is None else (float(row[0]), row[1], str(row[2]))
