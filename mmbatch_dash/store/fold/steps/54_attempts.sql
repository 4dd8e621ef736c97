-- How each attempt ended (docs/definitions.md sections 1 and 7): by its own word, else by its job's; one that goes on, or that
-- another follows, with its instance.
-- reads: placements, notices
-- makes: new_attempts
-- when: attempts

CREATE OR REPLACE TEMP TABLE new_attempts AS
WITH ran AS (
    SELECT job_key, attempt, lead(started_at) OVER job AS next_started_at, row_number() OVER job_backwards = 1 AS is_latest
    FROM placements WHERE NOT is_idle
    WINDOW job AS (PARTITION BY job_key ORDER BY attempt), job_backwards AS (PARTITION BY job_key ORDER BY attempt DESC)
), warned AS (
    SELECT p.job_key, p.attempt, min(n.noticed_at) AS noticed_at
    FROM placements p JOIN ran r USING (job_key, attempt)
    JOIN notices n ON n.instance_key = p.instance_key AND n.notice_kind = 'interruption'
     AND n.noticed_at BETWEEN p.started_at AND r.next_started_at
    WHERE p.ended_at IS NULL AND p.untimed_reason IS NULL AND p.attempt < p.top AND p.gone_at IS NULL
    GROUP BY ALL
), ended AS (
    SELECT p.*, coalesce(r.is_latest, false) AS is_latest, r.next_started_at, w.noticed_at,
           CASE WHEN p.is_idle OR p.ended_at IS NOT NULL THEN 'itself'
                WHEN p.attempt = p.top AND p.job_status IS NOT NULL THEN 'its job'
                WHEN p.attempt = p.top OR p.gone_at < r.next_started_at THEN 'its instance'
                WHEN w.noticed_at IS NOT NULL THEN 'a notice' ELSE 'unknown' END AS ended_by
    FROM placements p
    LEFT JOIN ran r USING (job_key, attempt)
    LEFT JOIN warned w USING (job_key, attempt)
), known AS (
    SELECT * REPLACE (
        CASE ended_by WHEN 'itself' THEN ended_at
                      WHEN 'its job' THEN job_completed_at
                      WHEN 'its instance' THEN gone_at
                      WHEN 'a notice' THEN least(noticed_at + INTERVAL 2 MINUTE, next_started_at) END AS ended_at,
        CASE WHEN is_idle THEN 'not_started'
             WHEN ended_by = 'itself' THEN coalesce(engine_reason, end_reason)
             WHEN untimed_reason IS NOT NULL THEN untimed_reason
             WHEN ended_by = 'its job' THEN
                 CASE WHEN job_status = 'SUCCEEDED' THEN 'completed' WHEN job_cancelled THEN 'cancelled' ELSE 'failed' END
             WHEN ended_by = 'its instance' THEN CASE WHEN gone_at IS NULL THEN 'running' ELSE 'host_lost' END
             WHEN ended_by = 'a notice' THEN 'reclaimed' END AS end_reason)
    FROM ended
)
SELECT job_key, job_id, attempt, is_latest, CASE WHEN NOT is_idle THEN started_at END AS started_at, ended_at,
       CASE WHEN end_reason IN ('failed', 'host_lost') AND (
                     (host_terminated AND purchase_option IS DISTINCT FROM 'on-demand')
                  OR EXISTS (SELECT 1 FROM notices n
                             WHERE n.instance_key = known.instance_key AND n.notice_kind = 'interruption'
                               AND n.noticed_at BETWEEN known.ended_at - INTERVAL 10 MINUTE AND known.ended_at))
            THEN 'reclaimed' ELSE end_reason END AS end_reason,
       exit_code, reason, instance_key, arn_key, instance_id, instance_type, availability_zone, region, purchase_option,
       instance_launched_at, node_id, container_id, reported_usd_per_hour, checkpoint_interval_seconds, platform, said_reclaimed,
       host_terminated,
       CASE WHEN NOT is_idle THEN run_seconds(started_at, ended_at) END AS run_seconds
FROM known;
