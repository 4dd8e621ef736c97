-- Figures that need a price. A template: $base has job_key, status, saved_seconds and latest_restore_seconds of the jobs,
-- $attempts their attempts.

CREATE OR REPLACE TEMP TABLE costs AS
WITH a AS (
    SELECT c.*, end_reason IS DISTINCT FROM 'running' AS ended, row_number() OVER (PARTITION BY job_key ORDER BY attempt DESC) = 1 AS is_latest
    FROM $attempts c
), sums AS (
    SELECT job_key,
           CASE WHEN count(*) FILTER (ended) = count(run_seconds * usd_per_hour) FILTER (ended)
                THEN sum(run_seconds / 3600 * usd_per_hour ORDER BY attempt) FILTER (ended) END AS cost_usd,
           CASE WHEN count(*) FILTER (ended) = 0 OR bool_or(ended AND purchase_option IS NULL) THEN NULL
                WHEN count(*) FILTER (ended AND purchase_option = 'spot') = 0 THEN 0
                WHEN count(*) FILTER (ended AND purchase_option = 'spot')
                   = count(run_seconds * usd_per_hour * on_demand_usd_per_hour) FILTER (ended AND purchase_option = 'spot')
                THEN sum(run_seconds / 3600 * (on_demand_usd_per_hour - usd_per_hour) ORDER BY attempt)
                     FILTER (ended AND purchase_option = 'spot') END AS on_demand_savings_usd,
           any_value(usd_per_hour) FILTER (is_latest) AS latest_usd_per_hour,
           any_value(on_demand_usd_per_hour) FILTER (is_latest) AS latest_on_demand_usd_per_hour,
           any_value(run_seconds) FILTER (is_latest) AS latest_run_seconds,
           any_value(usd_per_hour) FILTER (NOT ended) AS open_usd_per_hour,
           coalesce(sum(run_seconds ORDER BY attempt) FILTER (ended AND rate_source = 'assumed'), 0) / 3600 AS assumed_hours,
           coalesce(bool_or(shared), false) AS shared
    FROM a GROUP BY job_key
)
SELECT b.job_key, s.cost_usd, s.on_demand_savings_usd, s.open_usd_per_hour,
       coalesce(s.assumed_hours, 0) AS assumed_hours, coalesce(s.shared AND p.attribution = 'instance', false) AS shared,
       CASE WHEN b.saved_seconds = 0 THEN 0 ELSE b.saved_seconds / 3600 * s.latest_usd_per_hour END AS saved_cost_usd,
       CASE WHEN b.status = 'SUCCEEDED' THEN
           s.latest_on_demand_usd_per_hour
           * (b.saved_seconds + s.latest_run_seconds - b.latest_restore_seconds) / 3600
           - s.cost_usd END AS on_demand_net_savings_usd
FROM $base b CROSS JOIN pricing p LEFT JOIN sums s USING (job_key);
