-- What is said of each attempt, and of the instance it ran on (docs/definitions.md section 1); not yet how those ended of which
-- nothing of their own tells. Node and instance facts fill in what an attempt does not say of its instance.
-- reads: f, tops, job_end, nodes, instances, queue_options, pricing
-- makes: placements
-- when: attempts

CREATE OR REPLACE TEMP TABLE placements AS
WITH ranked AS (
    SELECT * REPLACE (CASE WHEN type <> 'job.reported' THEN ended_at END AS ended_at,
                      -- Of an attempt that ran after all, AWS's record lacks the start and tells a failure.
                      CASE WHEN end_reason = 'not_started' THEN 'failed' WHEN type <> 'job.reported' THEN end_reason END AS end_reason),
           end_reason = 'not_started' AS lists_idle
    FROM f WHERE attempt IS NOT NULL
), said_of_attempts AS (
    SELECT job_key, attempt,
           arg_max(started_at, prec) AS started_at,
           arg_min(ended_at, end_order) AS ended_at, arg_min(end_reason, end_order) AS end_reason,
           arg_max(end_reason, prec) FILTER (ended_at IS NULL) AS untimed_reason,
           min(ended_at) FILTER (kind <> 3 AND end_reason = 'failed') AS foreign_failure_at,
           min(ended_at) FILTER (by_engine) AS engine_ended_at, arg_min(end_reason, end_order) FILTER (by_engine) AS engine_reason,
           coalesce(bool_or(end_reason = 'reclaimed'), false) AS said_reclaimed,
           coalesce(bool_or(lists_idle), false) AND NOT bool_or(tells_of_running(type, started_at)) AS is_idle,
           arg_max(exit_code, prec) AS exit_code, arg_max(reason, prec) AS reason,
           arg_max(instance_id, prec) AS instance_id, arg_max(container_instance_arn, prec) AS container_instance_arn,
           arg_max(instance_type, prec) AS instance_type, arg_max(availability_zone, prec) AS availability_zone,
           arg_max(purchase_option, prec) AS purchase_option, arg_max(usd_per_hour, prec) AS usd_per_hour,
           arg_max(checkpoint_interval_seconds, prec) AS checkpoint_interval_seconds,
           arg_max(instance_launched_at, prec) AS instance_launched_at, arg_max(region, prec) AS region,
           arg_max(node_id, prec) AS node_id, arg_max(container_id, prec) AS container_id,
           bool_or(CASE WHEN kind = 2 THEN regexp_matches(reason, '^Host EC2 \(instance i-[^)]*\) terminated') END) AS host_terminated
    FROM (
        SELECT *, type = 'mmbatch.job.interrupted' AND end_reason IN ('reclaimed', 'host_lost') AS by_engine,
               CASE WHEN ended_at IS NOT NULL THEN
            {'at': ended_at,
             'rank': CASE end_reason WHEN 'reclaimed' THEN 0 WHEN 'host_lost' THEN 1 WHEN 'failed' THEN
                         CASE type WHEN 'mmbatch.job.interrupted' THEN 2 ELSE 3 END
                     WHEN 'cancelled' THEN 4 ELSE 5 END,
             'prec': -prec} END AS end_order
        FROM ranked
    )
    GROUP BY job_key, attempt
), job_said AS (
    SELECT job_key, any_value(job_id) AS job_id, arg_max(queue, prec) AS queue, arg_max(platform, prec) AS platform,
           arg_max(region, prec) AS region
    FROM f GROUP BY job_key
), b AS (
    SELECT tops.job_key, tops.top, n.attempt, s.* EXCLUDE (job_key, attempt),
           coalesce(s.instance_id, node.instance_id) AS placed_id,
           node.instance_type AS node_type, node.availability_zone AS node_zone, node.purchase_option AS node_option,
           node.instance_launched_at AS node_launched_at, node.gone_at AS node_gone_at
    FROM tops
    CROSS JOIN LATERAL (SELECT unnest(range(1, tops.top + 1)) AS attempt) n
    LEFT JOIN said_of_attempts s ON s.job_key = tops.job_key AND s.attempt = n.attempt
    LEFT JOIN nodes node ON node.node_id = s.node_id
), nodes_on AS (
    SELECT id_key(instance_id) AS instance_key, flatten(list(gone_at) FILTER (gone_at IS NOT NULL)) AS gone_at,
           arg_max(instance_type, told_at) AS instance_type, arg_max(availability_zone, told_at) AS availability_zone,
           arg_max(purchase_option, told_at) AS purchase_option, arg_max(instance_launched_at, told_at) AS instance_launched_at
    FROM nodes WHERE instance_id IS NOT NULL GROUP BY instance_key
), joined AS (
    SELECT b.* EXCLUDE (placed_id), j.job_id, j.queue, j.platform AS job_platform, j.region AS job_region,
           coalesce(b.placed_id, by_arn.instance_id) AS known_id,
           -- What is known by its id is not looked for by its ARN as well.
           coalesce(by_id.instance_type, CASE WHEN b.placed_id IS NULL THEN by_arn.instance_type END, b.node_type, nodes_on.instance_type) AS told_type,
           coalesce(by_id.availability_zone, CASE WHEN b.placed_id IS NULL THEN by_arn.availability_zone END, b.node_zone, nodes_on.availability_zone) AS told_zone,
           coalesce(by_id.purchase_option, CASE WHEN b.placed_id IS NULL THEN by_arn.purchase_option END, b.node_option, nodes_on.purchase_option) AS told_option,
           coalesce(by_id.instance_launched_at, CASE WHEN b.placed_id IS NULL THEN by_arn.instance_launched_at END,
                    b.node_launched_at, nodes_on.instance_launched_at) AS told_launched_at,
           list_concat(list_concat(by_id.gone_at, by_arn.gone_at), list_concat(b.node_gone_at, nodes_on.gone_at)) AS gone_at
    FROM b
    JOIN job_said j USING (job_key)
    LEFT JOIN instances by_id ON by_id.instance_key = id_key(b.placed_id)
    LEFT JOIN instances by_arn ON by_arn.arn_key = id_key(b.container_instance_arn)
    LEFT JOIN nodes_on ON nodes_on.instance_key = id_key(coalesce(b.placed_id, by_arn.instance_id))
)
SELECT j.job_key, j.job_id, j.attempt, j.top, coalesce(j.is_idle, false) OR coalesce(e.never_started, false) AS is_idle,
       j.started_at, j.ended_at, j.end_reason, j.untimed_reason,
       -- AWS knows that an attempt failed, the engine why.
       CASE WHEN j.end_reason = 'failed' AND j.foreign_failure_at = j.ended_at
             AND j.engine_ended_at <= j.ended_at + INTERVAL 5 MINUTE THEN j.engine_reason END AS engine_reason,
       coalesce(j.said_reclaimed, false) AS said_reclaimed, coalesce(j.host_terminated, false) AS host_terminated,
       j.exit_code, j.reason,
       -- Where there is none, the key is none.
       id_key(j.known_id) AS instance_key, id_key(j.container_instance_arn) AS arn_key, j.known_id AS instance_id,
       coalesce(j.instance_type, j.told_type) AS instance_type,
       coalesce(j.availability_zone, j.told_zone) AS availability_zone,
       coalesce(j.purchase_option, j.told_option, q.purchase_option) AS purchase_option,
       coalesce(j.instance_launched_at, j.told_launched_at) AS instance_launched_at,
       list_min(list_filter(j.gone_at, lambda gone: j.started_at IS NULL OR gone >= j.started_at)) AS gone_at,
       j.node_id, j.container_id, j.usd_per_hour AS reported_usd_per_hour, j.checkpoint_interval_seconds,
       CASE WHEN NOT coalesce(contains(j.job_platform, ','), false) THEN j.job_platform
            WHEN bool_or(j.known_id IS NOT NULL OR j.container_instance_arn IS NOT NULL) OVER job THEN 'EC2'
            WHEN bool_or(contains(j.container_id, ':task/')) OVER job THEN 'FARGATE' END AS platform,
       coalesce(zone_region(coalesce(j.availability_zone, j.told_zone)), j.region, j.job_region, s.region) AS region,
       e.status AS job_status, e.completed_at AS job_completed_at, coalesce(e.cancelled, false) AS job_cancelled
FROM joined j CROSS JOIN pricing s
LEFT JOIN queue_options q ON q.queue = j.queue
LEFT JOIN job_end e ON e.job_key = j.job_key
WINDOW job AS (PARTITION BY j.job_key);
