-- How many attempts each touched job has; what is said of the latest one gets its number.
-- reads: f
-- makes: tops
-- changes: f
-- when: attempts

CREATE OR REPLACE TEMP TABLE tops AS
SELECT job_key, coalesce(max(attempt), 1) AS top FROM f
WHERE attempt IS NOT NULL OR type = 'latest_attempt.reported' GROUP BY job_key;

UPDATE f SET attempt = tops.top FROM tops WHERE f.job_key = tops.job_key AND f.type = 'latest_attempt.reported';
