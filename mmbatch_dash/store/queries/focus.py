"""The cost of the selected jobs as FOCUS 1.2 rows: one an attempt and day (UTC)."""

import duckdb

from mmbatch_dash.domain.figures.declared import COST_OF_ATTEMPT, HOURS_OF_ATTEMPT
from mmbatch_dash.domain.selection import Selection
from mmbatch_dash.domain.spreadsheet import FORMULA_STARTS
from mmbatch_dash.store.figure_sql import ENDED_ATTEMPT, of_attempt
from mmbatch_dash.store.queries.exports import Form, Statement
from mmbatch_dash.store.queries.totals import known_prefix
from mmbatch_dash.store.queries.where import select_jobs

UNKNOWN_ACCOUNT = "(unknown)"
"""FOCUS lets no row be without its billing account."""
ISSUER, PROVIDER = "Amazon Web Services, Inc.", "AWS"

_TIMES = ("BillingPeriodStart", "BillingPeriodEnd", "ChargePeriodStart", "ChargePeriodEnd")
_TOLD = ("ResourceId", "ResourceName", "ChargeDescription", "Tags", "x_JobId", "x_Queue", "x_User")
"""Columns whose text a user or a job decides: no spreadsheet may run it."""

_COLUMNS: dict[str, str] = {
    "AvailabilityZone": "availability_zone",
    "BilledCost": "usd * part",
    "BillingAccountId": f"coalesce(nullif(split_part(account_arn, ':', 5), ''), '{UNKNOWN_ACCOUNT}')",
    "BillingAccountName": "NULL::VARCHAR",
    "BillingCurrency": "'USD'",
    "BillingPeriodEnd": "date_trunc('month', day) + INTERVAL 1 MONTH",
    "BillingPeriodStart": "date_trunc('month', day)",
    "ChargeCategory": "'Usage'",
    "ChargeClass": "NULL::VARCHAR",
    "ChargeDescription": "concat_ws(', ', coalesce(instance_type, 'instance of unknown type'), purchase_option, "
    "coalesce(name, job_id), 'attempt ' || attempt)",
    "ChargeFrequency": "'Usage-Based'",
    "ChargePeriodEnd": "date_trunc('second', to_at + INTERVAL 999999 MICROSECOND)",
    "ChargePeriodStart": "date_trunc('second', from_at)",
    "ConsumedQuantity": "hours * part",
    "ConsumedUnit": "'Hours'",
    "ContractedCost": "usd * part",
    "EffectiveCost": "usd * part",
    "InvoiceIssuerName": f"'{ISSUER}'",
    "ListCost": "coalesce(hours * on_demand_usd_per_hour, usd) * part",
    "ListUnitPrice": "on_demand_usd_per_hour",
    "PricingCategory": "CASE purchase_option WHEN 'spot' THEN 'Dynamic' WHEN 'on-demand' THEN 'Standard' "
    "ELSE 'Other' END",
    "PricingQuantity": "hours * part",
    "PricingUnit": "'Hours'",
    "ProviderName": f"'{PROVIDER}'",
    "PublisherName": f"'{PROVIDER}'",
    "RegionId": "region",
    "ResourceId": "instance_id",
    "ResourceName": "coalesce(name, job_id)",
    "ResourceType": "'Instance'",
    "ServiceCategory": "'Compute'",
    "ServiceName": "'Amazon Elastic Compute Cloud'",
    "SubAccountId": "nullif(split_part(account_arn, ':', 5), '')",
    "Tags": "coalesce(to_json(tags)::VARCHAR, '{}')",
    "x_JobId": "job_id",
    "x_Attempt": "attempt",
    "x_Queue": "queue",
    "x_User": '"user"',
    "x_RateSource": "rate_source",
}
"""FOCUS column → SQL over a piece of an attempt; those of our own begin with x_."""

FOCUS_COLUMNS = tuple(_COLUMNS)


def focus_export(selection: Selection, form: Form) -> Statement:
    """The rows, in no order.

    EffectiveCost sums to the Total EC2 Instance Cost of the selection: only ended attempts of jobs whose cost is known
    are in it. Where no on-demand price is known ListCost says what was paid, for it may not be missing.
    """
    condition, known = select_jobs(selection), known_prefix(selection)
    written = ", ".join(f"{_written(name, sql, form)} AS {name}" for name, sql in _COLUMNS.items())
    sql = f"""
        WITH chosen AS (SELECT job_key, job_id, name, queue, "user", tags FROM {known}jobs
                        WHERE {condition.sql} AND cost_usd IS NOT NULL),
        spans AS (
            SELECT a.* EXCLUDE (job_id), c.job_id, c.name, c.queue, c."user", c.tags,
                   i.container_instance_arn AS account_arn,
                   {of_attempt(COST_OF_ATTEMPT)} AS usd, {of_attempt(HOURS_OF_ATTEMPT)} AS hours,
                   a.started_at + to_microseconds((a.run_seconds * 1e6)::BIGINT) AS until_at
            FROM (SELECT * FROM {known}attempts WHERE {ENDED_ATTEMPT} AND run_seconds > 0 AND started_at IS NOT NULL) a
            JOIN chosen c USING (job_key)
            LEFT JOIN (SELECT instance_key, any_value(container_instance_arn) AS container_instance_arn
                       FROM instances GROUP BY instance_key) i USING (instance_key)),
        days AS (
            SELECT *, unnest(range(date_trunc('day', started_at), until_at, INTERVAL 1 DAY)) AS day
            FROM spans),
        pieces AS (
            SELECT *, greatest(started_at, day) AS from_at, least(until_at, day + INTERVAL 1 DAY) AS to_at,
                   (epoch_us(least(until_at, day + INTERVAL 1 DAY)) - epoch_us(greatest(started_at, day)))
                   / (epoch_us(until_at) - epoch_us(started_at)) AS part
            FROM days)
        SELECT {written} FROM pieces"""
    return Statement(sql, condition.parameters, FOCUS_COLUMNS)


def count_left_out(cursor: duckdb.DuckDBPyConnection, selection: Selection) -> int:
    """Ended attempts of the selected jobs whose cost is unknown, which FOCUS rows cannot say."""
    condition, known = select_jobs(selection), known_prefix(selection)
    sql = f"""
        SELECT count(*) FROM {known}attempts SEMI JOIN (
            SELECT job_key FROM {known}jobs
            WHERE cost_usd IS NULL AND platform IS DISTINCT FROM 'FARGATE' AND {condition.sql}
        ) USING (job_key) WHERE {ENDED_ATTEMPT}"""
    [(count,)] = cursor.execute(sql, condition.parameters).fetchall()
    return int(count)


def _written(name: str, sql: str, form: Form) -> str:
    if name in _TIMES:
        return f"strftime({sql}, '%Y-%m-%dT%H:%M:%SZ')" if form is Form.CSV else f"timezone('UTC', {sql})"
    if form is Form.CSV and name in _TOLD:
        starts = ", ".join(f"chr({ord(start)})" for start in FORMULA_STARTS)
        return f"CASE WHEN ({sql})[1] IN ({starts}) THEN '''' || {sql} ELSE {sql} END"
    return sql
