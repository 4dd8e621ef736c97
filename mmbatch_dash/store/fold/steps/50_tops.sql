-- How many attempts each touched job has, and which is the latest that ran. Facts about the latest attempt that name no
-- number make no further attempt; alone they are about the first.
-- reads: f
-- makes: tops
-- when: attempts

CREATE OR REPLACE TEMP TABLE tops AS
WITH numbered AS (
    SELECT job_key, attempt,
           coalesce(bool_or(end_reason = 'not_started'), false) AND NOT bool_or(tells_of_running(type, started_at)) AS is_idle
    FROM f WHERE attempt IS NOT NULL OR type = 'latest_attempt.reported'
    GROUP BY job_key, attempt
)
SELECT job_key, coalesce(max(attempt), 1) AS top,
       coalesce(max(attempt) FILTER (NOT is_idle), max(attempt), 1) AS latest
FROM numbered GROUP BY job_key;
