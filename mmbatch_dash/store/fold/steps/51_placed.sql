-- An end that names no attempt belongs to the latest one started by then, else to the latest.
-- reads: tops, f
-- makes: placed
-- changes: f
-- when: attempts and unplaced

CREATE OR REPLACE TEMP TABLE placed AS
SELECT ends.prec, coalesce(max(starts.attempt) FILTER (starts.started_at <= ends.ended_at), any_value(tops.top)) AS attempt
FROM f ends
JOIN tops USING (job_key)
LEFT JOIN f starts ON starts.job_key = ends.job_key AND starts.attempt IS NOT NULL AND starts.started_at IS NOT NULL
WHERE ends.attempt IS NULL AND ends.ended_at IS NOT NULL
GROUP BY ends.prec;

UPDATE f SET attempt = placed.attempt FROM placed WHERE f.prec = placed.prec;
