-- What attempts of other jobs on the same instances mean for cost: a free first hour, a shared instance, how much of
-- it each may be charged. In: new_attempts, f. Out: costing (every attempt whose rate must be found again), news_free.

CREATE OR REPLACE TEMP TABLE our_instances AS
SELECT instance_key FROM new_attempts WHERE instance_key IS NOT NULL
UNION
SELECT instance_key FROM attempts_live SEMI JOIN touched USING (job_key) WHERE instance_key IS NOT NULL
UNION
SELECT instance_key FROM changed_instances;

-- Both a free hour and an overlap need attempts close in time, which lets the history be skipped. What was said
-- before counts too: who overlapped until now may do so no longer.
-- As a variable, not a join: only a constant lets DuckDB pass over the row groups that ended before it.
SET VARIABLE reach_at = (
    SELECT coalesce(min(started_at), TIMESTAMP '1990-01-01') - INTERVAL 1 HOUR
    FROM (SELECT started_at FROM new_attempts
          UNION ALL SELECT started_at FROM attempts_live SEMI JOIN touched USING (job_key)));

CREATE OR REPLACE TEMP TABLE neighbours AS
SELECT a.* FROM attempts_live a SEMI JOIN our_instances USING (instance_key) ANTI JOIN touched USING (job_key)
UNION ALL
SELECT a.* FROM attempts_done a SEMI JOIN our_instances USING (instance_key) ANTI JOIN touched USING (job_key)
WHERE a.ended_at >= getvariable('reach_at');

-- A neighbour that began long before us may have neighbours of its own that had ended by then.
SET VARIABLE first_at = (SELECT coalesce(min(started_at), getvariable('reach_at')) FROM neighbours);

CREATE OR REPLACE TEMP TABLE earlier_neighbours AS
SELECT a.* FROM attempts_done a SEMI JOIN neighbours USING (instance_key) ANTI JOIN touched USING (job_key)
WHERE a.ended_at > getvariable('first_at') AND a.ended_at < getvariable('reach_at');

-- The larger of what the job asked for of the instance's vCPUs and of its memory. What a job did not ask for does not
-- count; what it asked for of an instance of unknown size is unknown, unless it has all of the other already.
CREATE OR REPLACE TEMP TABLE asked AS
SELECT n.job_key, n.attempt,
       CASE WHEN coalesce(j.vcpus >= size.vcpus, false) OR coalesce(j.memory_mib >= size.memory_mib, false) THEN 1
            WHEN (j.vcpus IS NOT NULL AND size.vcpus IS NULL) OR (j.memory_mib IS NOT NULL AND size.memory_mib IS NULL) THEN NULL
            ELSE greatest(j.vcpus / size.vcpus, j.memory_mib / size.memory_mib) END AS asked_share
FROM (
    SELECT n.job_key, n.attempt, coalesce(i.node_vcpus, s.vcpus) AS vcpus, coalesce(i.node_memory_mib, s.memory_mib) AS memory_mib
    FROM new_attempts n
    LEFT JOIN instances i ON i.instance_key = n.instance_key
    LEFT JOIN instance_sizes s ON s.instance_type = n.instance_type
) size
JOIN new_attempts n USING (job_key, attempt)
JOIN (SELECT job_key, arg_max(vcpus, prec) AS vcpus, arg_max(memory_mib, prec) AS memory_mib FROM f GROUP BY job_key) j
     ON j.job_key = n.job_key;

CREATE OR REPLACE TEMP TABLE together AS
SELECT n.job_key, n.attempt, n.instance_key, n.instance_id, n.started_at, n.ended_at, n.end_reason, n.purchase_option,
       n.instance_launched_at, asked.asked_share, true AS is_near
FROM new_attempts n LEFT JOIN asked USING (job_key, attempt) WHERE n.instance_key IS NOT NULL
UNION ALL
SELECT job_key, attempt, instance_key, instance_id, started_at, ended_at, end_reason, purchase_option,
       instance_launched_at, asked_share, true FROM neighbours
UNION ALL
SELECT job_key, attempt, instance_key, instance_id, started_at, ended_at, end_reason, purchase_option,
       instance_launched_at, asked_share, false FROM earlier_neighbours;

-- Times at which the shares asked for on one instance add up to more than all of it. Shares are added as whole
-- numbers, so that the sum does not depend on what else was added and taken off before.
CREATE OR REPLACE TEMP TABLE crowded AS
WITH spans AS (
    SELECT t.instance_key, t.started_at, coalesce(t.ended_at, CASE t.end_reason WHEN 'running' THEN TIMESTAMP '9999-01-01' END) AS ended_at,
           round(t.asked_share * 1e12)::BIGINT AS units
    FROM together t SEMI JOIN (SELECT instance_key FROM together GROUP BY instance_key HAVING count(*) > 1) USING (instance_key)
    WHERE t.asked_share IS NOT NULL
), edges AS (
    SELECT instance_key, started_at AS since_at, units FROM spans WHERE ended_at > started_at
    UNION ALL
    SELECT instance_key, ended_at, -units FROM spans WHERE ended_at > started_at
), levels AS (
    SELECT instance_key, since_at, sum(sum(units)) OVER (PARTITION BY instance_key ORDER BY since_at) AS units,
           lead(since_at) OVER (PARTITION BY instance_key ORDER BY since_at) AS until_at
    FROM edges GROUP BY instance_key, since_at
)
SELECT instance_key, since_at, until_at, units::DOUBLE / 1e12 AS shares
FROM levels WHERE units > 1000000000000 AND until_at IS NOT NULL;

-- How much less than asked for: over an ended attempt's time, or at the start of one that is open or has no length.
CREATE OR REPLACE TEMP TABLE yielded AS
SELECT t.job_key, t.attempt,
       CASE WHEN any_value(t.ended_at) > any_value(t.started_at)
            THEN sum((epoch_us(least(c.until_at, t.ended_at)) - epoch_us(greatest(c.since_at, t.started_at))) * (1 - 1 / c.shares) ORDER BY c.since_at)
                 / any_value(epoch_us(t.ended_at) - epoch_us(t.started_at))
            ELSE max(1 - 1 / c.shares) FILTER (c.since_at <= t.started_at) END AS portion
FROM together t
JOIN crowded c ON c.instance_key = t.instance_key AND c.until_at > t.started_at
 AND (c.since_at <= t.started_at OR c.since_at < t.ended_at)
WHERE t.is_near AND t.asked_share IS NOT NULL
GROUP BY t.job_key, t.attempt;

CREATE OR REPLACE TEMP TABLE on_instances AS
SELECT t.*,
       t.asked_share * (1 - coalesce(y.portion, 0)) AS share,
       coalesce(i.instance_launched_at, min(t.instance_launched_at) OVER (PARTITION BY t.instance_key)) AS launched_at,
       count(DISTINCT t.job_key) OVER (PARTITION BY t.instance_key) > 1 AND coalesce(
           max(coalesce(t.ended_at, CASE t.end_reason WHEN 'running' THEN TIMESTAMP '9999-01-01' END)) OVER (
               PARTITION BY t.instance_key ORDER BY t.started_at, t.job_key
               ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) > t.started_at, false)
       OR coalesce(lead(t.started_at) OVER (PARTITION BY t.instance_key ORDER BY t.started_at, t.job_key)
           < coalesce(t.ended_at, CASE t.end_reason WHEN 'running' THEN TIMESTAMP '9999-01-01' END), false) AS shared
FROM together t LEFT JOIN instances i USING (instance_key) LEFT JOIN yielded y USING (job_key, attempt);

CREATE OR REPLACE TEMP TABLE news_free AS
SELECT instance_key, any_value(instance_id) AS instance_id
FROM on_instances
WHERE end_reason = 'reclaimed' AND purchase_option = 'spot'
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
       coalesce(o.shared, false) AS shared, asked.asked_share, CASE WHEN o.job_key IS NULL THEN asked.asked_share ELSE o.share END AS share
FROM new_attempts n LEFT JOIN on_instances o USING (job_key, attempt) LEFT JOIN asked USING (job_key, attempt)
UNION ALL
SELECT n.job_key, n.attempt, n.started_at, n.ended_at, n.end_reason, n.run_seconds, n.instance_key, n.instance_type,
       n.availability_zone, n.region, n.purchase_option, n.platform, n.reported_usd_per_hour,
       o.shared, n.asked_share, o.share
FROM neighbours n JOIN on_instances o USING (job_key, attempt)
WHERE o.shared IS DISTINCT FROM n.shared OR o.share IS DISTINCT FROM n.share
   OR n.instance_key IN (SELECT instance_key FROM freed);
