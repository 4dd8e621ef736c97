-- Attempts of other jobs on the same instances.
-- reads: new_attempts, attempts_live, touched, changed_instances, past_attempts, asked, free_instances, notices, reclaimed_instances
-- makes: our_instances, neighbours, earlier_neighbours, together
-- changes: reclaimed_instances
-- tells: neighbours, crowds, frees
-- when: placed

CREATE OR REPLACE TEMP TABLE our_instances AS
SELECT instance_key FROM new_attempts WHERE instance_key IS NOT NULL
UNION
SELECT instance_key FROM attempts_live SEMI JOIN touched USING (job_key) WHERE instance_key IS NOT NULL
UNION
SELECT instance_key FROM changed_instances;

-- An overlap needs attempts close in time, which lets the history be skipped. What was said
-- before counts too: who overlapped until now may do so no longer.
-- As a variable, not a join: only a constant lets DuckDB pass over the row groups that ended before it.
SET VARIABLE reach_at = (
    SELECT coalesce(min(started_at), TIMESTAMP '1990-01-01') - INTERVAL 1 HOUR
    FROM (SELECT started_at FROM new_attempts
          UNION ALL SELECT started_at FROM attempts_live SEMI JOIN touched USING (job_key)));

CREATE OR REPLACE TEMP TABLE neighbours AS
SELECT a.* FROM attempts_live a SEMI JOIN our_instances USING (instance_key) ANTI JOIN touched USING (job_key)
WHERE a.end_reason IS DISTINCT FROM 'not_started'
UNION ALL
SELECT a.* FROM past_attempts a SEMI JOIN our_instances USING (instance_key) ANTI JOIN touched USING (job_key)
WHERE a.ended_at >= getvariable('reach_at') AND a.end_reason IS DISTINCT FROM 'not_started';

-- A neighbour that began long before us may have neighbours of its own that had ended by then.
SET VARIABLE first_at = (SELECT coalesce(min(started_at), getvariable('reach_at')) FROM neighbours);

CREATE OR REPLACE TEMP TABLE earlier_neighbours AS
SELECT a.* FROM past_attempts a SEMI JOIN neighbours USING (instance_key) ANTI JOIN touched USING (job_key)
WHERE a.ended_at > getvariable('first_at') AND a.ended_at < getvariable('reach_at')
  AND a.end_reason IS DISTINCT FROM 'not_started';

CREATE OR REPLACE TEMP TABLE together AS
SELECT n.job_key, n.attempt, n.instance_key, n.started_at, n.ended_at, n.end_reason, asked.asked_share, true AS is_near
FROM new_attempts n LEFT JOIN asked USING (job_key, attempt)
WHERE n.instance_key IS NOT NULL AND n.end_reason IS DISTINCT FROM 'not_started'
UNION ALL
SELECT job_key, attempt, instance_key, started_at, ended_at, end_reason, asked_share, true FROM neighbours
UNION ALL
SELECT job_key, attempt, instance_key, started_at, ended_at, end_reason, asked_share, false FROM earlier_neighbours;

INSERT INTO reclaimed_instances
SELECT DISTINCT instance_key FROM new_attempts
WHERE said_reclaimed AND instance_key IS NOT NULL AND instance_key NOT IN (SELECT instance_key FROM reclaimed_instances);

SELECT EXISTS (FROM neighbours) AS neighbours,
       count(*) > count(DISTINCT instance_key) AS crowds,
       EXISTS (FROM reclaimed_instances SEMI JOIN our_instances USING (instance_key))
       OR EXISTS (FROM (FROM notices WHERE notice_kind = 'interruption') n SEMI JOIN our_instances USING (instance_key))
       OR EXISTS (FROM free_instances SEMI JOIN our_instances USING (instance_key)) AS frees
FROM together;
