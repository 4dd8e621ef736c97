-- Which attempts share their instance, and how much of it each may be charged.
-- reads: together, yielded
-- makes: on_instances
-- when: placed

CREATE OR REPLACE TEMP TABLE on_instances AS
SELECT t.*,
       t.asked_share * (1 - coalesce(y.portion, 0)) AS share,
       count(DISTINCT t.job_key) OVER (PARTITION BY t.instance_key) > 1 AND coalesce(
           max(coalesce(t.ended_at, CASE t.end_reason WHEN 'running' THEN TIMESTAMP '9999-01-01' END)) OVER (
               PARTITION BY t.instance_key ORDER BY t.started_at, t.job_key
               ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) > t.started_at, false)
       OR coalesce(lead(t.started_at) OVER (PARTITION BY t.instance_key ORDER BY t.started_at, t.job_key)
           < coalesce(t.ended_at, CASE t.end_reason WHEN 'running' THEN TIMESTAMP '9999-01-01' END), false) AS shared
FROM together t LEFT JOIN yielded y USING (job_key, attempt);
