-- The declared figures of jobs (domain/figures), and what else hangs on the rates of their attempts. A template: $base has
-- job rows, $attempts, $checkpoints and $restores their parts; the select lists are made of the declarations.

CREATE OR REPLACE TEMP TABLE figured AS
WITH a AS (
    SELECT *, end_reason IS DISTINCT FROM 'not_started'
              AND attempt = max(attempt) FILTER (end_reason IS DISTINCT FROM 'not_started') OVER (PARTITION BY job_key) AS is_latest
    FROM $attempts
), attempts AS (
    SELECT job_key, $of_attempts,
           any_value(usd_per_hour) FILTER (end_reason = 'running') AS open_usd_per_hour,
           coalesce(sum(run_seconds ORDER BY attempt) FILTER (coalesce(end_reason, '') NOT IN ('running', 'not_started')
                    AND rate_source = 'assumed'), 0) / 3600 AS assumed_hours,
           coalesce(bool_or(shared), false) AS shared
    FROM a GROUP BY job_key
), checkpoints AS (
    SELECT job_key, $of_checkpoints FROM $checkpoints GROUP BY job_key
), restores AS (
    SELECT job_key, $of_restores FROM $restores GROUP BY job_key
)
SELECT b.job_key, $figures,
       attempts.open_usd_per_hour, coalesce(attempts.assumed_hours, 0) AS assumed_hours,
       coalesce(attempts.shared AND p.attribution = 'instance', false) AS shared
FROM $base b
CROSS JOIN pricing p
LEFT JOIN attempts ON attempts.job_key = b.job_key
LEFT JOIN checkpoints ON checkpoints.job_key = b.job_key
LEFT JOIN restores ON restores.job_key = b.job_key;
