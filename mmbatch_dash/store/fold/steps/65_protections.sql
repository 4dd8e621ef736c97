-- What became of each reclaimed attempt (docs/definitions.md section 4): the next is the next that ran.
-- reads: engine_groups, new_restores, new_attempts, job_end
-- makes: outcomes
-- when: reclaimed

CREATE OR REPLACE TEMP TABLE outcomes AS
WITH active_jobs AS (
    SELECT DISTINCT job_key FROM engine_groups
), ran AS (
    SELECT *, lead(attempt) OVER job AS next_attempt, lead(end_reason) OVER job AS next_end_reason
    FROM new_attempts WHERE end_reason IS DISTINCT FROM 'not_started'
    WINDOW job AS (PARTITION BY job_key ORDER BY attempt)
), tried AS (
    SELECT job_key, attempt, bool_or(outcome = 'succeeded') AS succeeded, bool_or(outcome IS NOT NULL) AS finished
    FROM new_restores GROUP BY ALL
)
SELECT a.job_key, a.attempt,
       CASE WHEN x.job_key IS NULL THEN 'unprotected'
            WHEN t.succeeded THEN 'succeeded'
            WHEN e.job_key IS NULL AND a.next_attempt IS NULL THEN 'pending'
            WHEN e.job_key IS NULL AND a.next_end_reason = 'running' AND NOT coalesce(t.finished, false) THEN 'pending'
            ELSE 'failed' END AS outcome
FROM ran a
LEFT JOIN active_jobs x ON x.job_key = a.job_key
LEFT JOIN tried t ON t.job_key = a.job_key AND t.attempt = a.next_attempt
LEFT JOIN job_end e ON e.job_key = a.job_key
WHERE a.end_reason = 'reclaimed';
