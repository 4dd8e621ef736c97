-- How many attempts each touched job has. In: f. Out: tops.

CREATE OR REPLACE TEMP TABLE tops AS
SELECT job_key, max(attempt) AS top FROM f WHERE attempt IS NOT NULL GROUP BY job_key;
