-- Instances that more was asked of than they have, and how much less each attempt on them got.
-- reads: together
-- makes: crowded, yielded
-- when: crowds

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
