-- Attempts of untouched jobs that a changed price covers join the costing.

INSERT INTO costing
SELECT a.job_key, a.attempt, a.started_at, a.ended_at, a.end_reason, a.run_seconds, a.instance_key, a.instance_type,
       a.availability_zone, a.region, a.purchase_option, a.platform, a.reported_usd_per_hour, a.shared
FROM attempts a
JOIN changed_prices c ON c.instance_type = a.instance_type
 AND c.place = CASE WHEN c.purchase_option = 'spot' THEN a.availability_zone ELSE a.region END
WHERE a.started_at < c.to_at AND coalesce(a.ended_at, TIMESTAMP '9999-01-01') >= c.from_at
  AND a.job_key NOT IN (SELECT job_key FROM touched)
  AND (a.job_key, a.attempt) NOT IN (SELECT (job_key, attempt) FROM costing)
QUALIFY row_number() OVER (PARTITION BY a.job_key, a.attempt) = 1;
