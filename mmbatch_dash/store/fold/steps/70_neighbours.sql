-- What attempts of other jobs on the same instances mean for cost: a free first hour, a shared instance.
-- In: new_attempts. Out: costing (every attempt whose rate must be found again), news_free.

CREATE OR REPLACE TEMP TABLE our_instances AS
SELECT instance_key FROM new_attempts WHERE instance_key IS NOT NULL
UNION
SELECT instance_key FROM attempts_live SEMI JOIN touched USING (job_key) WHERE instance_key IS NOT NULL
UNION
SELECT instance_key FROM changed_instances;

-- Both a free hour and an overlap need attempts close in time, which lets the history be skipped.
CREATE OR REPLACE TEMP TABLE neighbours AS
WITH since AS (SELECT coalesce(min(started_at), TIMESTAMP '1990-01-01') - INTERVAL 1 HOUR AS happened_at FROM new_attempts)
SELECT a.* FROM attempts_live a
WHERE a.instance_key IN (SELECT instance_key FROM our_instances) AND a.job_key NOT IN (SELECT job_key FROM touched)
UNION ALL
SELECT a.* FROM attempts_done a, since
WHERE a.ended_at >= since.happened_at AND a.instance_key IN (SELECT instance_key FROM our_instances)
  AND a.job_key NOT IN (SELECT job_key FROM touched);

CREATE OR REPLACE TEMP TABLE on_instances AS
WITH together AS (
    SELECT job_key, attempt, instance_key, instance_id, started_at, ended_at, end_reason, purchase_option,
           instance_launched_at, true AS ours, NULL::BOOLEAN AS was_shared
    FROM new_attempts WHERE instance_key IS NOT NULL
    UNION ALL
    SELECT job_key, attempt, instance_key, instance_id, started_at, ended_at, end_reason, purchase_option,
           instance_launched_at, false, shared FROM neighbours
)
SELECT t.*,
       coalesce(i.instance_launched_at, min(t.instance_launched_at) OVER (PARTITION BY t.instance_key)) AS launched_at,
       count(DISTINCT t.job_key) OVER (PARTITION BY t.instance_key) > 1 AND coalesce(
           max(coalesce(t.ended_at, CASE t.end_reason WHEN 'running' THEN TIMESTAMP '9999-01-01' END)) OVER (
               PARTITION BY t.instance_key ORDER BY t.started_at, t.job_key
               ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) > t.started_at, false)
       OR coalesce(lead(t.started_at) OVER (PARTITION BY t.instance_key ORDER BY t.started_at, t.job_key)
           < coalesce(t.ended_at, CASE t.end_reason WHEN 'running' THEN TIMESTAMP '9999-01-01' END), false) AS shared
FROM together t LEFT JOIN instances i USING (instance_key);

CREATE OR REPLACE TEMP TABLE news_free AS
SELECT instance_key, any_value(instance_id) AS instance_id
FROM on_instances, pricing
WHERE pricing.free_first_hour AND end_reason = 'reclaimed' AND purchase_option = 'spot'
  AND ended_at - launched_at < INTERVAL 1 HOUR AND ended_at >= launched_at - INTERVAL 5 MINUTE
GROUP BY instance_key;

CREATE OR REPLACE TEMP TABLE freed AS
SELECT instance_key FROM news_free WHERE instance_key NOT IN (SELECT instance_key FROM free_instances)
UNION ALL
SELECT instance_key FROM free_instances
WHERE instance_key IN (SELECT instance_key FROM our_instances)
  AND instance_key NOT IN (SELECT instance_key FROM news_free);

DELETE FROM free_instances WHERE instance_key IN (SELECT instance_key FROM our_instances);
INSERT INTO free_instances SELECT * FROM news_free;

CREATE OR REPLACE TEMP TABLE costing AS
SELECT n.job_key, n.attempt, n.started_at, n.ended_at, n.end_reason, n.run_seconds, n.instance_key, n.instance_type,
       n.availability_zone, n.region, n.purchase_option, n.platform, n.reported_usd_per_hour,
       coalesce(o.shared, false) AS shared
FROM new_attempts n LEFT JOIN on_instances o USING (job_key, attempt)
UNION ALL
SELECT n.job_key, n.attempt, n.started_at, n.ended_at, n.end_reason, n.run_seconds, n.instance_key, n.instance_type,
       n.availability_zone, n.region, n.purchase_option, n.platform, n.reported_usd_per_hour, o.shared
FROM neighbours n JOIN on_instances o USING (job_key, attempt)
WHERE o.shared IS DISTINCT FROM n.shared OR n.instance_key IN (SELECT instance_key FROM freed);
