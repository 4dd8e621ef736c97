-- Every attempt whose rate must be found again.
-- reads: asked, new_attempts, on_instances, neighbours, freed
-- makes: costing
-- when: attempts

CREATE OR REPLACE TEMP TABLE costing AS
SELECT n.job_key, n.attempt, n.started_at, n.ended_at, n.end_reason, n.run_seconds, n.instance_key, n.instance_type,
       n.availability_zone, n.region, n.purchase_option, n.platform, n.reported_usd_per_hour,
       coalesce(o.shared, false) AS shared, asked.asked_share, CASE WHEN o.job_key IS NULL THEN asked.asked_share ELSE o.share END AS share
FROM (FROM new_attempts WHERE end_reason IS DISTINCT FROM 'not_started') n
LEFT JOIN on_instances o USING (job_key, attempt) LEFT JOIN asked USING (job_key, attempt)
UNION ALL
SELECT n.job_key, n.attempt, n.started_at, n.ended_at, n.end_reason, n.run_seconds, n.instance_key, n.instance_type,
       n.availability_zone, n.region, n.purchase_option, n.platform, n.reported_usd_per_hour,
       o.shared, n.asked_share, o.share
FROM neighbours n JOIN on_instances o USING (job_key, attempt)
WHERE o.shared IS DISTINCT FROM n.shared OR o.share IS DISTINCT FROM n.share
   OR n.instance_key IN (SELECT instance_key FROM freed);
