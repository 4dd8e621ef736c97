-- What the attempts of each touched job come to.
-- reads: new_attempts, job_end, outcomes
-- makes: attempt_sums
-- when: attempts

CREATE OR REPLACE TEMP TABLE attempt_sums AS
SELECT a.job_key, max(a.attempt) AS attempts,
       any_value(a.started_at) FILTER (a.attempt = 1) AS started_at,
       bool_or(a.end_reason = 'running') AS is_open,
       bool_or(a.end_reason IS DISTINCT FROM 'running') AS has_ended_attempt,
       any_value(a.started_at) FILTER (a.end_reason = 'running') AS open_started_at,
       any_value(a.instance_id) FILTER (a.is_latest) AS instance_id,
       any_value(a.instance_type) FILTER (a.is_latest) AS instance_type,
       any_value(a.availability_zone) FILTER (a.is_latest) AS availability_zone,
       any_value(a.purchase_option) FILTER (a.is_latest) AS purchase_option,
       string_agg(DISTINCT a.instance_type, ', ' ORDER BY a.instance_type) AS instance_types,
       CASE WHEN count(*) FILTER (a.end_reason IS DISTINCT FROM 'running')
                = count(a.run_seconds) FILTER (a.end_reason IS DISTINCT FROM 'running')
            THEN sum(a.run_seconds ORDER BY a.attempt) FILTER (a.end_reason IS DISTINCT FROM 'running') / 3600 END
           AS instance_hours,
       CASE WHEN bool_or(NOT a.is_latest AND a.end_reason IS NULL) THEN NULL
            WHEN count(*) FILTER (lost) = 0 THEN 0
            WHEN count(*) FILTER (lost) = count(a.run_seconds) FILTER (lost)
            THEN sum(a.run_seconds ORDER BY a.attempt) FILTER (lost) END AS interrupted_seconds,
       coalesce(bool_or(a.ended_at IS NOT NULL AND a.started_at IS NOT NULL AND a.run_seconds IS NULL), false) AS runs_backwards,
       count(*) FILTER (o.outcome = 'succeeded') AS protections_succeeded,
       count(*) FILTER (o.outcome = 'failed') AS protections_failed,
       count(*) FILTER (o.outcome = 'pending') AS protections_pending,
       count(*) FILTER (o.outcome = 'unprotected') AS protections_unprotected
FROM (SELECT n.*, (NOT n.is_latest AND n.end_reason IN ('reclaimed', 'host_lost'))
                  OR (n.is_latest AND n.end_reason = 'reclaimed' AND coalesce(e.status = 'FAILED', false)) AS lost
      FROM new_attempts n LEFT JOIN job_end e USING (job_key)) a
LEFT JOIN outcomes o ON o.job_key = a.job_key AND o.attempt = a.attempt
GROUP BY a.job_key;
