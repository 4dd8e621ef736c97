-- What became of each reclaimed attempt (docs/definitions.md section 4).
-- reads: engine_groups, new_restores, new_attempts, job_end
-- makes: outcomes
-- when: reclaimed

CREATE OR REPLACE TEMP TABLE outcomes AS
WITH active_jobs AS (
    SELECT DISTINCT job_key FROM engine_groups
), tried AS (
    SELECT job_key, attempt, bool_or(outcome = 'succeeded') AS succeeded, bool_or(outcome IS NOT NULL) AS finished
    FROM new_restores GROUP BY ALL
)
SELECT a.job_key, a.attempt,
       CASE WHEN x.job_key IS NULL THEN 'unprotected'
            WHEN t.succeeded THEN 'succeeded'
            WHEN e.job_key IS NULL AND n.attempt IS NULL THEN 'pending'
            WHEN e.job_key IS NULL AND n.end_reason = 'running' AND NOT coalesce(t.finished, false) THEN 'pending'
            ELSE 'failed' END AS outcome
FROM new_attempts a
LEFT JOIN active_jobs x ON x.job_key = a.job_key
LEFT JOIN new_attempts n ON n.job_key = a.job_key AND n.attempt = a.attempt + 1
LEFT JOIN tried t ON t.job_key = a.job_key AND t.attempt = a.attempt + 1
LEFT JOIN job_end e ON e.job_key = a.job_key
WHERE a.end_reason = 'reclaimed';
