"""Cost and hours by when they were incurred: the time of attempts, cut at the edges of local buckets."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import duckdb
import pandas as pd
import pyarrow as pa

from mmbatch_dash.domain.buckets import BucketUnit, suit_bucket
from mmbatch_dash.domain.figures.declared import COST_OF_ATTEMPT, HOURS_OF_ATTEMPT, ON_DEMAND_SAVINGS_OF_ATTEMPT
from mmbatch_dash.domain.selection import Selection
from mmbatch_dash.store.figure_sql import ENDED_ATTEMPT, of_attempt
from mmbatch_dash.store.queries.buckets import bucket_start
from mmbatch_dash.store.queries.totals import known_prefix
from mmbatch_dash.store.queries.where import select_jobs, to_stored

SPREAD = ("cost_usd", "on_demand_savings_usd", "instance_hours", "cpu_hours")
CARRIED = ("saved_cost_usd", "saved_cpu_hours")
INCURRED = (*SPREAD, *CARRIED)


def fetch_incurred(
    cursor: duckdb.DuckDBPyConnection, selection: Selection, unit: BucketUnit | None = None
) -> tuple[BucketUnit, pd.DataFrame]:
    """Cost, savings and hours of the selected jobs by bucket and queue, each spread evenly over the time it was for.

    What restores saved stands at the moment the latest attempt went on from its restore: until then nothing was
    saved, from then on all of it. Only what enters the totals is spread: ended attempts of jobs whose figure is known.
    So each column adds up to the total of the same selection, whatever the buckets; they reach as far as the work
    does, not only over the range that chose the jobs.

    Args:
        cursor: where to ask.
        selection: which jobs.
        unit: to cut by; None takes the one that suits how far the work reaches.

    Returns:
        The unit, and columns bucket (local wall clock start, NaT for what was saved at a time nobody told), key (the
        queue, None where a job has none) and INCURRED (USD and hours, NaN where nothing known falls into the bucket).
        No row order; empty where nothing was incurred.
    """
    condition = select_jobs(selection)
    known = known_prefix(selection)
    cursor.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE incurred AS
        WITH chosen AS (SELECT job_key, queue, cost_usd, on_demand_savings_usd, instance_hours, cpu_hours,
                               saved_cost_usd, saved_cpu_hours, started_at, runtime_seconds
                        FROM {known}jobs WHERE {condition.sql}),
        carried AS (
            SELECT latest.job_key, latest.fresh_at
            FROM (SELECT job_key, max(a.carried_into) AS attempt FROM {known}attempts a JOIN chosen c USING (job_key)
                  WHERE c.saved_cost_usd > 0 OR c.saved_cpu_hours > 0 GROUP BY job_key) into_attempt
            JOIN {known}attempts latest USING (job_key, attempt))
        SELECT c.queue, a.started_at AS first_at,
               a.started_at + to_microseconds((a.run_seconds * 1e6)::BIGINT) AS last_at,
               CASE WHEN c.cost_usd IS NOT NULL THEN {of_attempt(COST_OF_ATTEMPT)} END AS cost_usd,
               CASE WHEN c.on_demand_savings_usd IS NOT NULL THEN {of_attempt(ON_DEMAND_SAVINGS_OF_ATTEMPT)} END
                   AS on_demand_savings_usd,
               CASE WHEN c.instance_hours IS NOT NULL THEN {of_attempt(HOURS_OF_ATTEMPT)} END AS instance_hours,
               NULL::DOUBLE AS cpu_hours,
               -- Known to be nothing, up to the moment below: so that a total of nothing is 0, not unknown.
               CASE WHEN c.saved_cost_usd IS NOT NULL THEN 0.0 END AS saved_cost_usd,
               CASE WHEN c.saved_cpu_hours IS NOT NULL THEN 0.0 END AS saved_cpu_hours
        FROM {known}attempts a JOIN chosen c USING (job_key)
        WHERE {ENDED_ATTEMPT} AND a.run_seconds IS NOT NULL AND a.started_at IS NOT NULL
        UNION ALL
        SELECT queue, started_at, started_at + to_microseconds((runtime_seconds * 1e6)::BIGINT),
               NULL, NULL, NULL, cpu_hours, NULL, NULL
        FROM chosen WHERE cpu_hours IS NOT NULL AND started_at IS NOT NULL
        UNION ALL
        SELECT c.queue, k.fresh_at, k.fresh_at,
               NULL, NULL, NULL, NULL, c.saved_cost_usd, c.saved_cpu_hours
        FROM chosen c JOIN carried k USING (job_key)""",
        condition.parameters,
    )
    extent = cursor.execute("SELECT min(first_at), max(last_at) FROM incurred").fetchall()[0]
    first, last = (at.replace(tzinfo=UTC) if at else datetime(2000, 1, 1, tzinfo=UTC) for at in extent)
    unit = unit or suit_bucket(last - first)
    edges = _edges(first, last, unit, selection.zone)
    at_first = bucket_start("first_at", selection.tz, unit, first, last)
    at_last = bucket_start("last_at", selection.tz, unit, first, last)
    sums = ", ".join(f"sum({name} * part) AS {name}" for name in INCURRED)
    sql = f"""
        WITH cut AS (SELECT *, {at_first} AS first_bucket, {at_last} AS last_bucket FROM incurred),
        parts AS (
            SELECT first_bucket AS bucket, 1.0 AS part, queue, {", ".join(INCURRED)} FROM cut
            WHERE first_bucket = last_bucket OR first_at = last_at OR first_at IS NULL
            UNION ALL
            SELECT e.bucket, (epoch_us(least(e.to_at, last_at)) - epoch_us(greatest(e.from_at, first_at)))
                             / (epoch_us(last_at) - epoch_us(first_at)), queue, {", ".join(INCURRED)}
            FROM cut JOIN edges e ON e.from_at < last_at AND e.to_at > first_at
            WHERE first_bucket <> last_bucket AND first_at < last_at
        )
        SELECT bucket, queue AS key, {sums} FROM parts GROUP BY ALL"""
    cursor.register("edges", edges)
    try:
        return unit, cursor.execute(sql).df()
    finally:
        cursor.unregister("edges")
        cursor.execute("DROP TABLE incurred")


def _edges(first: datetime, last: datetime, unit: BucketUnit, zone: ZoneInfo) -> pa.Table:
    """Buckets that cover a range: bucket (wall clock), from_at, to_at (UTC), all without zone.

    The hour that a clock goes through twice is one bucket, the one it leaves out has no length.
    """
    bucket = _floor(first.astimezone(zone).replace(tzinfo=None), unit) - timedelta(days=1)
    bucket = _floor(bucket, unit)
    rows: list[tuple[datetime, datetime, datetime]] = []
    while not rows or rows[-1][2] <= to_stored(last):
        following = _next(bucket, unit)
        rows.append((bucket, to_stored(bucket.replace(tzinfo=zone)), to_stored(following.replace(tzinfo=zone))))
        bucket = following
    names = ("bucket", "from_at", "to_at")
    return pa.table({name: pa.array(column) for name, column in zip(names, zip(*rows, strict=True), strict=True)})


def _floor(wall: datetime, unit: BucketUnit) -> datetime:
    if unit is BucketUnit.HOUR:
        return wall.replace(minute=0, second=0, microsecond=0, fold=0)
    day = wall.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    if unit is BucketUnit.WEEK:
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if unit is BucketUnit.MONTH else day


def _next(bucket: datetime, unit: BucketUnit) -> datetime:
    if unit is BucketUnit.MONTH:
        return (bucket.replace(day=28) + timedelta(days=4)).replace(day=1)
    return bucket + {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7)}[unit.value]
