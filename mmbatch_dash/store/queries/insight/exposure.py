"""How long spot instances were in use, and how often one was taken back."""

import duckdb
import pandas as pd

_HOURS = "(epoch_us({until}) - epoch_us({since})) / 3.6e9"
_DAY_SINCE, _DAY_UNTIL = "greatest(started_at, midnight)", "least(until_at, midnight + INTERVAL 1 DAY)"

# Attempts that overlap on one instance are one stay on it; the others are as they are.
_STAYS = """
    marked AS (
        SELECT key, zone, instance_key, started_at, until_at,
               started_at > max(until_at) OVER (PARTITION BY key, instance_key ORDER BY started_at, until_at
                                                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS begins
        FROM placed WHERE is_shared
    ), numbered AS (
        SELECT *, sum(coalesce(begins, true)::INTEGER)
                  OVER (PARTITION BY key, instance_key ORDER BY started_at, until_at ROWS UNBOUNDED PRECEDING) AS stay
        FROM marked
    ), merged AS MATERIALIZED (
        SELECT key, any_value(zone) AS zone, min(started_at) AS started_at, max(until_at) AS until_at
        FROM numbered GROUP BY key, instance_key, stay
    ), stays AS (
        SELECT key, zone, started_at, until_at FROM placed WHERE NOT is_shared
        UNION ALL FROM merged
    )"""

_TAKEN = """
    taken AS MATERIALIZED (
        SELECT key, any_value(zone) AS zone, min(until_at)::DATE AS day, 1 AS reclaims
        FROM placed WHERE is_reclaimed GROUP BY key, instance_key
    )"""


def fetch_zone_days(cursor: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """Exposure and reclaims of the placed attempts by group, zone and day (UTC).

    Returns:
        Columns key (UNKNOWN where jobs lack it), zone (None where unknown), day, exposure_hours, reclaims (one an
        instance at most, on the day it was first taken back). Sorted by the three.
    """
    # Almost all stays lie within one day; only the others are cut.
    sql = f"""
        WITH {_STAYS}, {_TAKEN}, parts AS (
            SELECT key, zone, started_at::DATE AS day, {_HOURS.format(until="until_at", since="started_at")} AS hours
            FROM stays WHERE started_at::DATE = until_at::DATE
            UNION ALL
            SELECT key, zone, midnight::DATE,
                   {_HOURS.format(until=_DAY_UNTIL, since=_DAY_SINCE)}
            FROM (SELECT key, zone, started_at, until_at,
                         unnest(generate_series(started_at::DATE::TIMESTAMP, until_at, INTERVAL 1 DAY)) AS midnight
                  FROM stays WHERE started_at::DATE < until_at::DATE)
            UNION ALL
            SELECT key, zone, day, 0.0 FROM taken
        )
        SELECT p.key, p.zone, p.day, sum(p.hours) AS exposure_hours,
               coalesce(any_value(t.reclaims), 0)::BIGINT AS reclaims
        FROM parts p LEFT JOIN (SELECT key, zone, day, sum(reclaims) AS reclaims FROM taken GROUP BY ALL) t
             ON t.key = p.key AND t.zone IS NOT DISTINCT FROM p.zone AND t.day = p.day
        GROUP BY p.key, p.zone, p.day ORDER BY ALL"""
    return cursor.execute(sql).df()


def fetch_lives(cursor: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """How long attempts lasted until their instance was taken back, or they ended otherwise.

    Returns:
        Columns key, ended (whether by a reclaim), duration (seconds, within one percent), lives (how many). In order.
    """
    sql = """
        SELECT key, is_reclaimed AS ended,
               exp(round(ln(greatest((epoch_us(until_at) - epoch_us(started_at)) / 1e6, 1)) * 50) / 50) AS duration,
               count(*) AS lives
        FROM (SELECT key, coalesce(is_reclaimed, false) AS is_reclaimed, started_at, until_at FROM placed)
        GROUP BY ALL ORDER BY ALL"""
    return cursor.execute(sql).df()
