-- What each attempt that ran adds to the figures of its job: kept beside it, so that what a page explains is what was
-- summed.
-- reads: new_attempts, merged_jobs, job_end, chain, successes
-- makes: attempt_terms
-- when: attempts

CREATE OR REPLACE TEMP TABLE attempt_terms AS
WITH broken AS (
    -- Where a part of the chain is unknown nobody knows what is held of any attempt.
    SELECT DISTINCT job_key FROM chain WHERE is_broken OR carried_us IS NULL
), ran AS (
    SELECT n.*, m.submitted_at, e.status, s.duration_seconds, s.finished_at AS restored_at, s.job_key IS NOT NULL AS is_restored,
           c.into_attempt AS carried_into, c.until_at AS carried_until_at,
           CASE WHEN b.job_key IS NOT NULL THEN NULL WHEN c.job_key IS NULL THEN 0 ELSE c.carried_us / 1e6 END AS carried_seconds,
           row_number() OVER job = 1 AS is_first, lag(n.ended_at) OVER job AS ended_before_at,
           max(n.attempt) FILTER (n.end_reason = 'reclaimed' AND NOT n.is_latest) OVER (PARTITION BY n.job_key) AS last_reclaimed,
           max(n.attempt) FILTER (n.end_reason IS NULL AND NOT n.is_latest) OVER (PARTITION BY n.job_key) AS last_unknown,
           CASE WHEN n.is_latest THEN n.end_reason = 'reclaimed' AND coalesce(e.status = 'FAILED', false)
                ELSE n.end_reason IN ('reclaimed', 'host_lost') END AS is_lost
    FROM new_attempts n
    JOIN merged_jobs m USING (job_key)
    LEFT JOIN job_end e USING (job_key)
    LEFT JOIN broken b USING (job_key)
    LEFT JOIN chain c ON c.job_key = n.job_key AND c.from_attempt = n.attempt AND NOT c.is_broken
    LEFT JOIN successes s ON s.job_key = n.job_key AND s.attempt = n.attempt
    WHERE n.end_reason IS DISTINCT FROM 'not_started'
    WINDOW job AS (PARTITION BY n.job_key ORDER BY n.attempt)
)
SELECT job_key, attempt, carried_into, carried_until_at, carried_seconds,
       fresh_at(restored_at, started_at) AS fresh_at,
       CASE WHEN attempt <= last_reclaimed THEN carried_seconds
            WHEN attempt <= last_unknown AND carried_seconds IS DISTINCT FROM 0 THEN NULL
            ELSE 0 END AS spot_carried_seconds,
       is_lost,
       CASE WHEN is_first THEN run_seconds(submitted_at, started_at)
            ELSE run_seconds(ended_before_at, started_at) END AS waited_seconds,
       CASE WHEN is_restored THEN duration_seconds ELSE 0 END AS restore_seconds
FROM ran;
