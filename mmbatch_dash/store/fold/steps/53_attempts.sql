-- Attempts and how each ended (docs/definitions.md section 1).
-- Node and instance facts fill in what an attempt does not say of its instance.
-- reads: f, tops, job_end, nodes, queue_options, instances, notices, pricing
-- makes: new_attempts
-- when: attempts

CREATE OR REPLACE TEMP TABLE new_attempts AS
WITH said_of_attempts AS (
    SELECT job_key, attempt, any_value(job_id) AS job_id,
           arg_max(started_at, prec) AS started_at,
           arg_min(ended_at, end_order) AS ended_at,
           -- A source may know how an attempt ended and not when.
           coalesce(arg_min(end_reason, end_order), arg_max(end_reason, prec) FILTER (ended_at IS NULL)) AS end_reason,
           arg_max(exit_code, prec) AS exit_code, arg_max(reason, prec) AS reason,
           arg_max(instance_id, prec) AS instance_id, arg_max(container_instance_arn, prec) AS container_instance_arn,
           arg_max(instance_type, prec) AS instance_type, arg_max(availability_zone, prec) AS availability_zone,
           arg_max(purchase_option, prec) AS purchase_option, arg_max(usd_per_hour, prec) AS usd_per_hour,
           arg_max(instance_launched_at, prec) AS instance_launched_at,
           arg_max(node_id, prec) AS node_id, arg_max(container_id, prec) AS container_id,
           bool_or(CASE WHEN kind = 2 THEN regexp_matches(reason, '^Host EC2 \(instance i-[0-9a-f]+\) terminated') END) AS host_terminated
    FROM (
        SELECT *, CASE WHEN ended_at IS NOT NULL THEN
            {'at': ended_at,
             'rank': CASE end_reason WHEN 'reclaimed' THEN 0 WHEN 'host_lost' THEN 1 WHEN 'failed' THEN
                         CASE type WHEN 'mmbatch.job.interrupted' THEN 2 ELSE 3 END
                     WHEN 'cancelled' THEN 4 ELSE 5 END,
             'prec': -prec} END AS end_order
        FROM f WHERE attempt IS NOT NULL AND type <> 'job.reported'
    )
    GROUP BY job_key, attempt
), bounded AS (
    SELECT tops.job_key, tops.top, n.attempt, s.started_at, n.attempt = tops.top AS is_latest,
           CASE WHEN s.ended_at IS NOT NULL THEN s.ended_at
                WHEN n.attempt = tops.top THEN job_end.completed_at END AS ended_at,
           CASE WHEN s.end_reason IS NOT NULL THEN s.end_reason
                WHEN n.attempt < tops.top THEN NULL
                WHEN job_end.status IS NULL THEN 'running'
                WHEN job_end.status = 'SUCCEEDED' THEN 'completed'
                WHEN job_end.cancelled THEN 'cancelled'
                ELSE 'failed' END AS end_reason,
           s.* EXCLUDE (job_key, attempt, job_id, started_at, ended_at, end_reason)
    FROM tops
    CROSS JOIN LATERAL (SELECT unnest(range(1, tops.top + 1)) AS attempt) n
    LEFT JOIN said_of_attempts s ON s.job_key = tops.job_key AND s.attempt = n.attempt
    LEFT JOIN job_end ON job_end.job_key = tops.job_key
), job_said AS (
    SELECT job_key, any_value(job_id) AS job_id, arg_max(queue, prec) AS queue, arg_max(platform, prec) AS platform
    FROM f GROUP BY job_key
), b AS (
    SELECT bounded.* REPLACE (coalesce(bounded.instance_id, n.instance_id) AS instance_id),
           id_key(coalesce(bounded.instance_id, n.instance_id)) AS by_id_key,
           CASE WHEN coalesce(bounded.instance_id, n.instance_id) IS NULL
                THEN id_key(bounded.container_instance_arn) END AS by_arn_key,
           n.instance_type AS node_type, n.availability_zone AS node_zone, n.purchase_option AS node_option,
           n.instance_launched_at AS node_launched_at
    FROM bounded LEFT JOIN nodes n ON n.node_id = bounded.node_id
), placed_attempts AS (
    SELECT b.job_key, j.job_id, b.attempt, b.is_latest, b.started_at, b.ended_at, b.end_reason, b.exit_code, b.reason,
           id_key(coalesce(b.instance_id, by_arn.instance_id)) AS instance_key,
           id_key(b.container_instance_arn) AS arn_key,
           coalesce(b.instance_id, by_arn.instance_id) AS instance_id,
           coalesce(b.instance_type, by_id.instance_type, by_arn.instance_type, b.node_type) AS instance_type,
           coalesce(b.availability_zone, by_id.availability_zone, by_arn.availability_zone, b.node_zone) AS availability_zone,
           coalesce(b.purchase_option, by_id.purchase_option, by_arn.purchase_option, b.node_option,
                    q.purchase_option) AS purchase_option,
           coalesce(b.instance_launched_at, by_id.instance_launched_at, by_arn.instance_launched_at, b.node_launched_at) AS instance_launched_at,
           b.node_id, b.container_id, b.usd_per_hour AS reported_usd_per_hour, coalesce(b.host_terminated, false) AS host_terminated,
           j.platform
    FROM b
    JOIN job_said j USING (job_key)
    LEFT JOIN queue_options q ON q.queue = j.queue
    LEFT JOIN instances by_id ON by_id.instance_key = b.by_id_key
    LEFT JOIN instances by_arn ON by_arn.arn_key = b.by_arn_key
)
SELECT p.* REPLACE (
    CASE WHEN p.end_reason IN ('failed', 'host_lost') AND (
                  (p.host_terminated AND p.purchase_option IS DISTINCT FROM 'on-demand')
               OR EXISTS (SELECT 1 FROM notices n
                          WHERE n.instance_key = p.instance_key AND n.notice_kind = 'interruption'
                            AND n.noticed_at BETWEEN p.ended_at - INTERVAL 10 MINUTE AND p.ended_at))
         THEN 'reclaimed' ELSE p.end_reason END AS end_reason),
    run_seconds(p.started_at, p.ended_at) AS run_seconds,
    coalesce(zone_region(p.availability_zone), s.region) AS region
FROM placed_attempts p CROSS JOIN pricing s;
