"""How long spot instances were in use, and how often one was taken back."""

import duckdb
import pandas as pd

from mmbatch_dash.store.daily import BIN, cut_days
from mmbatch_dash.store.queries.insight.placed import Placed, attempt_key

# Of attempts that overlap on one instance each counts from where those before it have reached; the others as they are.
_STAYS = """
    marked AS (
        SELECT key, zone, started_at, until_at,
               max(until_at) OVER (PARTITION BY key, instance_key ORDER BY started_at, until_at
                                   ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS reached_at
        FROM placed WHERE is_shared
    ), stays AS (
        SELECT key, zone, started_at, until_at FROM placed WHERE NOT is_shared
        UNION ALL
        SELECT key, zone, CASE WHEN reached_at > started_at THEN reached_at ELSE started_at END, until_at
        FROM marked WHERE reached_at IS NULL OR until_at > reached_at
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
    sql = f"""
        WITH {_STAYS}, {_TAKEN}, parts AS (
            SELECT key, zone, used_on AS day, hours FROM ({cut_days("stays", "until_at", "key, zone")})
            UNION ALL
            SELECT key, zone, used_on, exposure_hours FROM day_stays
            UNION ALL
            SELECT key, zone, day, 0.0 FROM taken
        )
        SELECT p.key, p.zone, p.day, sum(p.hours) AS exposure_hours,
               coalesce(any_value(t.reclaims), 0)::BIGINT AS reclaims
        FROM parts p LEFT JOIN (SELECT key, zone, day, sum(reclaims) AS reclaims FROM taken GROUP BY ALL) t
             ON t.key = p.key AND t.zone IS NOT DISTINCT FROM p.zone AND t.day = p.day
        GROUP BY p.key, p.zone, p.day ORDER BY ALL"""
    return cursor.execute(sql).df()


def fetch_lives(cursor: duckdb.DuckDBPyConnection, placed: Placed) -> pd.DataFrame:
    """How long attempts lasted until their instance was taken back, or they ended otherwise.

    Returns:
        Columns key, ended (whether by a reclaim), duration (seconds, within one percent), lives (how many). In order.
    """
    key, known = attempt_key(placed.by)
    sql = f"""
        SELECT key, ended, exp(bin / 50) AS duration, sum(lives)::BIGINT AS lives
        FROM (SELECT key, is_reclaimed AS ended,
                     {BIN.format(value="greatest((epoch_us(until_at) - epoch_us(started_at)) / 1e6, 1)")} AS bin,
                     count(*) AS lives
              FROM placed GROUP BY ALL
              UNION ALL
              SELECT {key}, false, bin, sum(amount) FROM daily_bins
              WHERE kind = 'life' AND {placed.rolled.sql} AND {known} GROUP BY ALL)
        GROUP BY ALL ORDER BY ALL"""
    return cursor.execute(sql, placed.rolled.parameters).df()
