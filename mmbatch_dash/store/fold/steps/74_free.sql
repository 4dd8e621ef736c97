-- Instances that EC2 took back within an hour of their launch (docs/definitions.md sections 2 and 7): its hand is known by an
-- interruption notice or the engine's own word, launch and end are the instance's. Attempts on freed instances that lie
-- further off than the neighbours wait to be costed again.
-- reads: our_instances, notices, reclaimed_instances, free_instances, new_attempts, known_attempts, touched, instances, neighbours, pending_jobs
-- makes: perhaps_free, news_free, freed
-- changes: free_instances, pending_jobs
-- when: frees

CREATE OR REPLACE TEMP TABLE perhaps_free AS
SELECT o.instance_key, max(n.noticed_at) AS noticed_at
FROM our_instances o LEFT JOIN notices n ON n.instance_key = o.instance_key AND n.notice_kind = 'interruption'
GROUP BY o.instance_key
HAVING count(n.instance_key) > 0
    OR o.instance_key IN (SELECT instance_key FROM reclaimed_instances)
    OR o.instance_key IN (SELECT instance_key FROM free_instances);

CREATE OR REPLACE TEMP TABLE news_free AS
WITH lives AS (
    SELECT instance_key, instance_id, started_at, ended_at, end_reason, said_reclaimed, purchase_option, instance_launched_at
    FROM new_attempts SEMI JOIN perhaps_free USING (instance_key)
    UNION ALL
    SELECT instance_key, instance_id, started_at, ended_at, end_reason, said_reclaimed, purchase_option, instance_launched_at
    FROM known_attempts SEMI JOIN perhaps_free USING (instance_key) ANTI JOIN touched USING (job_key)
), lived AS (
    SELECT l.instance_key, any_value(l.instance_id) AS instance_id,
           coalesce(any_value(i.instance_launched_at), min(l.instance_launched_at)) AS launched_at,
           any_value(p.noticed_at) + INTERVAL 2 MINUTE AS after_notice_at,
           any_value(i.instance_terminated_at) AS terminated_at,
           max(l.ended_at) FILTER (l.end_reason = 'reclaimed' OR l.said_reclaimed) AS reclaimed_at,
           max(greatest(l.started_at, l.ended_at)) AS lived_until_at,
           bool_or(l.said_reclaimed) AS said_reclaimed,
           bool_or(coalesce(l.purchase_option = 'spot', false) OR coalesce(i.purchase_option = 'spot', false)) AS is_spot
    FROM lives l JOIN perhaps_free p USING (instance_key) LEFT JOIN instances i USING (instance_key)
    WHERE l.end_reason IS DISTINCT FROM 'not_started'
    GROUP BY l.instance_key
)
SELECT instance_key, instance_id
FROM lived
WHERE (said_reclaimed OR after_notice_at IS NOT NULL) AND (is_spot OR after_notice_at IS NOT NULL)
  AND run_seconds(launched_at, coalesce(terminated_at, reclaimed_at,
                  CASE WHEN coalesce(lived_until_at <= after_notice_at, true) THEN after_notice_at END)) < 3600;

CREATE OR REPLACE TEMP TABLE freed AS
SELECT instance_key FROM news_free WHERE instance_key NOT IN (SELECT instance_key FROM free_instances)
UNION ALL
SELECT instance_key FROM free_instances
WHERE instance_key IN (SELECT instance_key FROM perhaps_free)
  AND instance_key NOT IN (SELECT instance_key FROM news_free);

DELETE FROM free_instances WHERE instance_key IN (SELECT instance_key FROM perhaps_free);
INSERT INTO free_instances SELECT * FROM news_free;

INSERT INTO pending_jobs
SELECT DISTINCT job_key, false FROM known_attempts SEMI JOIN freed USING (instance_key)
WHERE job_key NOT IN (SELECT job_key FROM touched) AND job_key NOT IN (SELECT job_key FROM neighbours)
  AND job_key NOT IN (SELECT job_key FROM pending_jobs);
