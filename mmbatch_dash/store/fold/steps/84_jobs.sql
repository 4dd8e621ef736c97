-- The job rows of touched jobs, without the figures that are declared.
-- reads: merged_jobs, attempt_sums, attempt_terms, job_end, engine_sums, phases
-- makes: new_jobs
-- when: rows(touched)

CREATE OR REPLACE TEMP TABLE new_jobs AS
WITH facts AS (
    SELECT m.* EXCLUDE (platform), CASE WHEN contains(m.platform, ',') THEN a.platform ELSE m.platform END AS platform,
           a.* EXCLUDE (job_key, platform), e.completed_at, g.* EXCLUDE (job_key),
           CASE WHEN e.status IS NOT NULL THEN e.status
                WHEN a.is_open THEN 'RUNNING'
                WHEN a.has_run THEN 'RUNNABLE'
                ELSE coalesce(m.said_status, 'SUBMITTED') END AS status,
           CASE WHEN e.status IS NOT NULL OR NOT coalesce(a.has_run, false) THEN 'none'
                WHEN NOT a.is_open THEN 'waiting' ELSE coalesce(p.phase, 'none') END AS phase,
           e.status IS NOT NULL AND (e.never_started OR NOT coalesce(a.has_run, true)) AS never_started,
           c.is_broken
    FROM merged_jobs m
    LEFT JOIN attempt_sums a USING (job_key)
    LEFT JOIN job_end e USING (job_key)
    LEFT JOIN engine_sums g USING (job_key)
    LEFT JOIN phases p USING (job_key)
    LEFT JOIN (SELECT job_key, bool_or(carried_seconds IS NULL) AS is_broken FROM attempt_terms GROUP BY job_key) c USING (job_key)
)
SELECT * EXCLUDE (said_status, is_open, runs_backwards, is_broken, unread),
       coalesce(submitted_at, started_at) AS stands_at,
       list_concat(list_filter([CASE WHEN runs_backwards THEN 'attempt_ends_before_start' END,
                    CASE WHEN started_at IS NOT NULL AND run_seconds(started_at, completed_at) IS NULL AND completed_at IS NOT NULL
                         THEN 'job_ends_before_start' END,
                    CASE WHEN is_broken THEN 'restore_without_checkpoint' END,
                    CASE WHEN never_started THEN 'never_started' END,
                    CASE WHEN platform = 'FARGATE' THEN 'not_on_ec2' END,
                    CASE WHEN platform = 'EKS' AND has_run AND instance_id IS NULL
                              AND (instance_type IS NULL OR availability_zone IS NULL OR purchase_option IS NULL)
                         THEN 'instance_unknown' END], lambda x: x IS NOT NULL),
                   list_transform(coalesce(unread, []), lambda field: 'unread:' || field)) AS flags
FROM facts;
