-- Facts that name no attempt and are about one: an end belongs to the latest attempt started by then, else to the latest
-- that ran; what is said of the latest belongs to that one.
-- reads: tops, f
-- makes: placed
-- changes: f
-- when: attempts and unplaced

CREATE OR REPLACE TEMP TABLE placed AS
WITH starts AS (
    SELECT job_key, attempt, arg_max(started_at, prec) AS started_at FROM f WHERE attempt IS NOT NULL GROUP BY job_key, attempt
)
SELECT f.prec, coalesce(max(starts.attempt), any_value(tops.latest)) AS attempt
FROM f
JOIN tops USING (job_key)
LEFT JOIN starts ON starts.job_key = f.job_key AND starts.started_at <= f.ended_at AND f.type <> 'latest_attempt.reported'
WHERE f.attempt IS NULL AND (f.ended_at IS NOT NULL OR f.type = 'latest_attempt.reported')
GROUP BY f.prec;

UPDATE f SET attempt = placed.attempt FROM placed WHERE f.prec = placed.prec;
