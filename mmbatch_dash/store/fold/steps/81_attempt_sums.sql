-- What the attempts of each touched job come to.
-- reads: new_attempts, outcomes
-- makes: attempt_sums
-- when: attempts

CREATE OR REPLACE TEMP TABLE attempt_sums AS
SELECT a.job_key, max(a.attempt) AS attempts,
       any_value(a.started_at) FILTER (a.is_first) AS started_at,
       bool_or(a.end_reason = 'running') AS is_open,
       count(*) FILTER (a.has_run) > 0 AS has_run,
       coalesce(bool_or(a.has_run AND a.end_reason IS DISTINCT FROM 'running'), false) AS has_ended_attempt,
       any_value(a.started_at) FILTER (a.end_reason = 'running') AS open_started_at,
       any_value(a.instance_id) FILTER (a.is_latest) AS instance_id,
       any_value(a.instance_type) FILTER (a.is_latest) AS instance_type,
       any_value(a.availability_zone) FILTER (a.is_latest) AS availability_zone,
       any_value(a.purchase_option) FILTER (a.is_latest) AS purchase_option,
       any_value(a.platform) AS platform,
       string_agg(DISTINCT a.instance_type, ', ' ORDER BY a.instance_type) AS instance_types,
       coalesce(bool_or(a.ended_at IS NOT NULL AND a.started_at IS NOT NULL AND a.run_seconds IS NULL), false) AS runs_backwards,
       count(*) FILTER (o.outcome = 'succeeded') AS protections_succeeded,
       count(*) FILTER (o.outcome = 'failed') AS protections_failed,
       count(*) FILTER (o.outcome = 'pending') AS protections_pending,
       count(*) FILTER (o.outcome = 'unprotected') AS protections_unprotected
FROM (SELECT *, end_reason IS DISTINCT FROM 'not_started' AS has_run,
             end_reason IS DISTINCT FROM 'not_started'
             AND attempt = min(attempt) FILTER (end_reason IS DISTINCT FROM 'not_started') OVER (PARTITION BY job_key) AS is_first
      FROM new_attempts) a
LEFT JOIN outcomes o ON o.job_key = a.job_key AND o.attempt = a.attempt
GROUP BY a.job_key;
