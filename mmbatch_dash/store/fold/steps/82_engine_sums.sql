-- What checkpoints and restores of each touched job come to, and what the engine is doing for it now.
-- reads: new_checkpoints, new_restores, engine_groups, new_attempts
-- makes: engine_sums, phases
-- when: checkpoints or restores

CREATE OR REPLACE TEMP TABLE engine_sums AS
WITH both_kinds AS (
    SELECT job_key, 'checkpoint' AS activity, outcome, duration_seconds, size_bytes,
           (epoch_us(taken_at) - epoch_us(lag(taken_at) OVER (PARTITION BY job_key, attempt ORDER BY taken_at))) / 1e6 AS distance_seconds
    FROM new_checkpoints
    UNION ALL
    SELECT job_key, 'restore', outcome, duration_seconds, NULL, NULL FROM new_restores
)
SELECT job_key,
       count(*) FILTER (activity = 'checkpoint' AND outcome = 'succeeded') AS checkpoints_succeeded,
       count(*) FILTER (activity = 'checkpoint' AND outcome = 'failed') AS checkpoints_failed,
       count(*) FILTER (activity = 'restore' AND outcome = 'succeeded') AS restores_succeeded,
       count(*) FILTER (activity = 'restore' AND outcome = 'failed') AS restores_failed,
       -- Kept on the job, so that quantiles over a selection of jobs need no join with its checkpoints.
       list(duration_seconds ORDER BY duration_seconds, size_bytes)
           FILTER (activity = 'checkpoint' AND outcome IS NOT NULL AND duration_seconds IS NOT NULL) AS checkpoint_seconds,
       -- Of the same checkpoints in the same order, NULL where nobody told.
       list(size_bytes ORDER BY duration_seconds, size_bytes)
           FILTER (activity = 'checkpoint' AND outcome IS NOT NULL AND duration_seconds IS NOT NULL) AS checkpoint_bytes,
       list(duration_seconds ORDER BY duration_seconds)
           FILTER (activity = 'restore' AND outcome IS NOT NULL AND duration_seconds IS NOT NULL) AS restore_seconds,
       -- From one checkpoint of an attempt to the next.
       list(distance_seconds ORDER BY distance_seconds) FILTER (distance_seconds > 0) AS distance_seconds
FROM both_kinds GROUP BY job_key;

-- What the engine is doing: the latest start of either kind in the open attempt, while it has no end.
CREATE OR REPLACE TEMP TABLE phases AS
SELECT g.job_key, arg_max(CASE g.activity WHEN 'checkpoint' THEN 'checkpointing' ELSE 'restoring' END, g.started_at) AS phase
FROM (SELECT * FROM engine_groups WHERE started_at IS NOT NULL
      QUALIFY row_number() OVER (PARTITION BY job_key, activity ORDER BY started_at DESC, prec DESC) = 1) g
JOIN new_attempts a ON a.job_key = g.job_key AND a.attempt = g.attempt AND a.end_reason = 'running'
WHERE g.outcome IS NULL
GROUP BY g.job_key;
