-- How many attempts each touched job has.
-- reads: f
-- makes: tops
-- when: attempts

CREATE OR REPLACE TEMP TABLE tops AS
SELECT job_key, max(attempt) AS top FROM f WHERE attempt IS NOT NULL GROUP BY job_key;
