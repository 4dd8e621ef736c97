"""A reduced bill beside the attempts: a row a day (UTC), account and instance, its difference cut by cause, exactly.

Of an instance and day: A is AWS's compute cost, L the same before commitments, H its billed hours; J are the hours of
attempts on it, K those of known rate, F what these cost at the whole instance's rate, U the hours in which at least
one attempt ran, V = min(U, H), and C our cost. Then A − C is the sum of
commitments A − L; idle L − L/H·V; no price L/H·V·(J − K)/J; other price (L/H − F/K)·V·K/J; not billed
−F/K·(U − V)·K/J; sharing F/K·U·K/J − C. Each is rounded to 10⁻¹⁰ USD and other price takes the rest, so that they sum
to the difference to the last digit.
"""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd

from mmbatch_dash.domain.bill import Cause
from mmbatch_dash.store.bill.lines import MONEY
from mmbatch_dash.store.figure_sql import ENDED_ATTEMPT

_ZERO = f"0::{MONEY}"
_OF_KIND = {
    Cause.EBS: "ebs",
    Cause.TRANSFER: "transfer",
    Cause.SURCHARGE: "surcharge",
    Cause.FEES: "fees",
    Cause.OTHER: "other",
}


def read_period(cursor: duckdb.DuckDBPyConnection, files: Sequence[Path]) -> tuple[date, date] | None:
    """The first and last day of the reduced bills; None where they hold no line."""
    [(first, last)] = cursor.execute(
        "SELECT min(day), max(day) FROM read_parquet(?)", [[str(path) for path in files]]
    ).fetchall()
    return (first, last) if first else None


def compare_bill(
    cursor: duckdb.DuckDBPyConnection, files: Sequence[Path], first: date, last: date, *, shared: bool
) -> pd.DataFrame:
    """The bill beside our cost, for days of UTC, both ends included.

    Args:
        cursor: of the folded tables.
        files: reduced bills.
        first: day.
        last: day.
        shared: each job is charged its share of an instance, not the whole.

    Returns:
        Columns day, account, instance_id (None for what is of no instance), ours_usd, aws_usd, difference_usd
        (AWS's minus ours) and each Cause as `<cause>_usd`; decimals as objects. The largest differences first.
    """
    causes = ", ".join(f"{cause.value}_usd" for cause in Cause)
    of_kinds = ", ".join(
        f"coalesce(sum(usd) FILTER (kind = '{kind}'), {_ZERO}) AS {cause.value}_usd" for cause, kind in _OF_KIND.items()
    )
    passed_on = ", ".join(f"coalesce(b.{cause.value}_usd, {_ZERO}) AS {cause.value}_usd" for cause in _OF_KIND)
    whole = "coalesce(nullif(share, 0.0), 1.0)" if shared else "1.0"
    rate, known_rate = "(before_usd / h)", "(f / k)"
    sql = f"""
        WITH lines AS (SELECT * FROM read_parquet(?) WHERE day BETWEEN ? AND ?),
        billed AS (
            SELECT day, account, instance_id,
                   coalesce(sum(usd) FILTER (kind = 'compute'), {_ZERO}) AS usd,
                   coalesce(sum(before_usd) FILTER (kind = 'compute'), {_ZERO}) AS before_usd,
                   coalesce(sum(hours) FILTER (kind = 'compute'), 0.0) AS h,
                   coalesce(sum(usd) FILTER (kind = 'commitment'), {_ZERO}) AS unused_usd,
                   sum(usd) AS aws_usd, {of_kinds}
            FROM lines GROUP BY ALL),
        spans AS (
            SELECT instance_id, started_at AS from_at, usd_per_hour / {whole} AS whole_rate,
                   started_at + to_microseconds((run_seconds * 1e6)::BIGINT) AS until_at, usd_per_hour AS rate
            FROM (SELECT * FROM known_attempts
                  WHERE {ENDED_ATTEMPT} AND instance_id IS NOT NULL AND run_seconds > 0
                        AND started_at < ?::TIMESTAMP AND ended_at >= ?::TIMESTAMP)),
        pieces AS (
            SELECT * EXCLUDE (day), day::DATE AS day, greatest(from_at, day) AS a,
                   least(until_at, day + INTERVAL 1 DAY) AS z
            FROM (SELECT *, unnest(range(date_trunc('day', from_at), until_at, INTERVAL 1 DAY)) AS day FROM spans)
            WHERE day::DATE BETWEEN ? AND ?),
        timed AS (
            SELECT *, epoch_us(z) / 3.6e9 - epoch_us(a) / 3.6e9 AS hours,
                   greatest(0, epoch_us(z) - greatest(epoch_us(a), coalesce(max(epoch_us(z)) OVER earlier, 0))) / 3.6e9
                       AS alone
            FROM pieces
            WINDOW earlier AS (PARTITION BY instance_id, day ORDER BY a, z
                               ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)),
        ours AS (
            SELECT day, instance_id, sum(hours) AS j, coalesce(sum(hours) FILTER (rate IS NOT NULL), 0.0) AS k,
                   coalesce(sum(hours * whole_rate) FILTER (rate IS NOT NULL), 0.0) AS f, sum(alone) AS u,
                   coalesce(sum(hours * rate), 0.0)::{MONEY} AS c
            FROM timed GROUP BY ALL),
        joined AS (
            SELECT coalesce(b.day, o.day) AS day, coalesce(b.account, '(unknown)') AS account,
                   coalesce(b.instance_id, o.instance_id) AS instance_id, coalesce(b.usd, {_ZERO}) AS usd,
                   coalesce(b.before_usd, {_ZERO}) AS before_usd, coalesce(b.h, 0.0) AS h,
                   coalesce(b.unused_usd, {_ZERO}) AS unused_usd, coalesce(b.aws_usd, {_ZERO}) AS aws_usd,
                   coalesce(j, 0.0) AS j, coalesce(k, 0.0) AS k, coalesce(f, 0.0) AS f, coalesce(u, 0.0) AS u,
                   coalesce(c, {_ZERO}) AS ours_usd, least(coalesce(u, 0.0), coalesce(b.h, 0.0)) AS v, {passed_on}
            FROM billed b FULL JOIN ours o ON b.day = o.day AND b.instance_id = o.instance_id),
        cut AS (
            SELECT *, usd - before_usd + unused_usd AS commitments_usd,
                   CASE WHEN j = 0 THEN before_usd ELSE {_ZERO} END AS without_jobs_usd,
                   (CASE WHEN j > 0 AND h > 0 THEN before_usd - {rate} * v ELSE 0.0 END)::{MONEY} AS idle_usd,
                   (CASE WHEN j > 0 AND h > 0 THEN {rate} * v * (j - k) / j ELSE 0.0 END)::{MONEY} AS missing_price_usd,
                   (CASE WHEN k > 0 THEN -{known_rate} * (u - v) * k / j ELSE 0.0 END)::{MONEY} AS not_billed_usd,
                   (CASE WHEN k > 0 THEN {known_rate} * u * k / j - ours_usd ELSE 0.0 END)::{MONEY} AS sharing_usd
            FROM joined),
        whole AS (
            SELECT *, usd - ours_usd - (usd - before_usd) - without_jobs_usd - idle_usd - missing_price_usd
                      - not_billed_usd - sharing_usd AS other_price_usd
            FROM cut)
        SELECT day, account, instance_id, ours_usd, aws_usd, aws_usd - ours_usd AS difference_usd, {causes}
        FROM whole ORDER BY abs(aws_usd - ours_usd) DESC, day, account, instance_id"""
    edges = [first, last]
    after = [pd.Timestamp(last).to_pydatetime() + pd.Timedelta(days=1), pd.Timestamp(first).to_pydatetime()]
    parameters = [[str(path) for path in files], *edges, *after, *edges]
    return cursor.execute(sql, parameters).df()
