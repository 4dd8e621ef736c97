-- The job rows of touched jobs, figures that need no price included (metrics.md section 2).
-- reads: merged_jobs, attempt_sums, job_end, engine_sums, phases, carried, successes
-- makes: new_jobs
-- when: rows(touched)

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
