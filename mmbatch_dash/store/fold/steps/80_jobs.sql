-- The job rows of touched jobs, figures that need no price included (metrics.md section 2). Out: new_jobs.

CREATE OR REPLACE TEMP TABLE merged_jobs AS
SELECT job_key, any_value(job_id) AS job_id, arg_max(name, prec) AS name, arg_max(queue, prec) AS queue,
       arg_max(definition, prec) AS definition, arg_max("user", prec) AS "user", arg_max(tags, prec) AS tags,
       arg_max(vcpus, prec) AS vcpus, arg_max(memory_mib, prec) AS memory_mib, arg_max(gpus, prec) AS gpus,
       arg_max(platform, prec) AS platform, arg_max(status_reason, prec) AS status_reason,
       coalesce(bool_or(is_parent), false) OR job_key IN (SELECT parent_key FROM parents) AS is_parent,
       arg_max(parent_id, prec) AS parent_id, arg_max(submitted_at, prec) AS submitted_at, max(happened_at) AS updated_at,
       arg_max(status, prec) FILTER (status NOT IN ('SUCCEEDED', 'FAILED')) AS said_status,
       max(rootfs_bytes_max) AS rootfs_bytes_max, max(memory_mib_max) AS memory_mib_max, max(cpu_seconds) AS cpu_seconds
FROM f GROUP BY job_key;

CREATE OR REPLACE TEMP TABLE attempt_sums AS
SELECT a.job_key, max(a.attempt) AS attempts,
       any_value(a.started_at) FILTER (a.attempt = 1) AS started_at,
       bool_or(a.end_reason = 'running') AS is_open,
       bool_or(a.end_reason IS DISTINCT FROM 'running') AS has_ended_attempt,
       any_value(a.started_at) FILTER (a.end_reason = 'running') AS open_started_at,
       any_value(a.instance_id) FILTER (a.is_latest) AS instance_id,
       any_value(a.instance_type) FILTER (a.is_latest) AS instance_type,
       any_value(a.availability_zone) FILTER (a.is_latest) AS availability_zone,
       any_value(a.purchase_option) FILTER (a.is_latest) AS purchase_option,
       string_agg(DISTINCT a.instance_type, ', ' ORDER BY a.instance_type) AS instance_types,
       CASE WHEN count(*) FILTER (a.end_reason IS DISTINCT FROM 'running')
                = count(a.run_seconds) FILTER (a.end_reason IS DISTINCT FROM 'running')
            THEN sum(a.run_seconds ORDER BY a.attempt) FILTER (a.end_reason IS DISTINCT FROM 'running') / 3600 END
           AS instance_hours,
       CASE WHEN bool_or(NOT a.is_latest AND a.end_reason IS NULL) THEN NULL
            WHEN count(*) FILTER (lost) = 0 THEN 0
            WHEN count(*) FILTER (lost) = count(a.run_seconds) FILTER (lost)
            THEN sum(a.run_seconds ORDER BY a.attempt) FILTER (lost) END AS interrupted_seconds,
       coalesce(bool_or(a.ended_at IS NOT NULL AND a.started_at IS NOT NULL AND a.run_seconds IS NULL), false) AS runs_backwards,
       count(*) FILTER (o.outcome = 'succeeded') AS protections_succeeded,
       count(*) FILTER (o.outcome = 'failed') AS protections_failed,
       count(*) FILTER (o.outcome = 'pending') AS protections_pending,
       count(*) FILTER (o.outcome = 'unprotected') AS protections_unprotected
FROM (SELECT n.*, (NOT n.is_latest AND n.end_reason IN ('reclaimed', 'host_lost'))
                  OR (n.is_latest AND n.end_reason = 'reclaimed' AND coalesce(e.status = 'FAILED', false)) AS lost
      FROM new_attempts n LEFT JOIN job_end e USING (job_key)) a
LEFT JOIN outcomes o ON o.job_key = a.job_key AND o.attempt = a.attempt
GROUP BY a.job_key;

CREATE OR REPLACE TEMP TABLE engine_sums AS
WITH both_kinds AS (
    SELECT job_key, 'checkpoint' AS activity, outcome, duration_seconds, taken_at AS happened_at, attempt FROM new_checkpoints
    UNION ALL
    SELECT job_key, 'restore', outcome, duration_seconds, finished_at, attempt FROM new_restores
)
SELECT job_key,
       count(*) FILTER (activity = 'checkpoint' AND outcome = 'succeeded') AS checkpoints_succeeded,
       count(*) FILTER (activity = 'checkpoint' AND outcome = 'failed') AS checkpoints_failed,
       count(*) FILTER (activity = 'restore' AND outcome = 'succeeded') AS restores_succeeded,
       count(*) FILTER (activity = 'restore' AND outcome = 'failed') AS restores_failed,
       -- Kept on the job, so that quantiles over a selection of jobs need no join with its checkpoints.
       list(duration_seconds ORDER BY duration_seconds)
           FILTER (activity = 'checkpoint' AND outcome IS NOT NULL AND duration_seconds IS NOT NULL) AS checkpoint_seconds,
       list(duration_seconds ORDER BY duration_seconds)
           FILTER (activity = 'restore' AND outcome IS NOT NULL AND duration_seconds IS NOT NULL) AS restore_seconds,
       CASE WHEN count(outcome) = count(duration_seconds) FILTER (outcome IS NOT NULL)
            THEN coalesce(sum(duration_seconds ORDER BY activity, attempt, happened_at, duration_seconds)
                          FILTER (outcome IS NOT NULL), 0) END AS overhead_seconds
FROM both_kinds GROUP BY job_key;

-- What the engine is doing: the latest start of either kind in the open attempt, while it has no end.
CREATE OR REPLACE TEMP TABLE phases AS
SELECT g.job_key, arg_max(CASE g.activity WHEN 'checkpoint' THEN 'checkpointing' ELSE 'restoring' END, g.started_at) AS phase
FROM (SELECT * FROM engine_groups WHERE started_at IS NOT NULL
      QUALIFY row_number() OVER (PARTITION BY job_key, activity ORDER BY started_at DESC, prec DESC) = 1) g
JOIN new_attempts a ON a.job_key = g.job_key AND a.attempt = g.attempt AND a.end_reason = 'running'
WHERE g.outcome IS NULL
GROUP BY g.job_key;

CREATE OR REPLACE TEMP TABLE new_jobs AS
WITH facts AS (
    SELECT m.*, a.* EXCLUDE (job_key), e.completed_at, g.* EXCLUDE (job_key, overhead_seconds),
           CASE WHEN g.job_key IS NULL THEN 0 ELSE g.overhead_seconds END AS overhead_seconds,
           CASE WHEN l.job_key IS NULL THEN 0 ELSE l.duration_seconds END AS latest_restore_seconds,
           CASE WHEN e.status IS NOT NULL THEN e.status
                WHEN a.is_open THEN 'RUNNING'
                WHEN a.attempts IS NOT NULL THEN 'RUNNABLE'
                ELSE coalesce(m.said_status, 'SUBMITTED') END AS status,
           CASE WHEN e.status IS NOT NULL OR a.attempts IS NULL THEN 'none'
                WHEN NOT a.is_open THEN 'waiting' ELSE coalesce(p.phase, 'none') END AS phase,
           run_seconds(m.submitted_at, a.started_at) AS wait_seconds,
           CASE WHEN e.status IS NOT NULL THEN run_seconds(a.started_at, e.completed_at) END AS runtime_seconds,
           CASE WHEN c.job_key IS NULL THEN 0 ELSE c.saved_seconds END AS saved_seconds
    FROM merged_jobs m
    LEFT JOIN attempt_sums a USING (job_key)
    LEFT JOIN job_end e USING (job_key)
    LEFT JOIN engine_sums g USING (job_key)
    LEFT JOIN phases p USING (job_key)
    LEFT JOIN carried c USING (job_key)
    LEFT JOIN successes l ON l.job_key = m.job_key AND l.attempt = a.attempts
)
SELECT * EXCLUDE (said_status, is_open, interrupted_seconds, runs_backwards),
       vcpus * runtime_seconds / 3600 AS cpu_hours,
       CASE WHEN saved_seconds = 0 THEN 0 ELSE vcpus * saved_seconds / 3600 END AS saved_cpu_hours,
       saved_seconds - overhead_seconds AS net_saved_seconds,
       CASE WHEN attempts IS NULL THEN 0 ELSE greatest(0, interrupted_seconds - saved_seconds)
            + 0 * interrupted_seconds + 0 * saved_seconds END AS lost_seconds,
       list_filter([CASE WHEN runs_backwards THEN 'attempt_ends_before_start' END,
                    CASE WHEN completed_at IS NOT NULL AND started_at IS NOT NULL AND runtime_seconds IS NULL
                         THEN 'job_ends_before_start' END,
                    CASE WHEN saved_seconds IS NULL THEN 'restore_without_checkpoint' END,
                    CASE WHEN platform IN ('FARGATE', 'EKS') THEN 'not_on_ec2' END], lambda x: x IS NOT NULL) AS flags
FROM facts;
