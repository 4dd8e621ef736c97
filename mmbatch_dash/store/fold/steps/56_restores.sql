-- Restores (docs/definitions.md section 1).
-- reads: engine_groups
-- makes: new_restores
-- when: restores

CREATE OR REPLACE TEMP TABLE new_restores AS
SELECT DISTINCT ON (job_key, attempt, checkpoint_id, outcome, coalesce(finished_at, started_at))
       job_key, attempt, checkpoint_id, checkpoint_taken_at, NULL::INTEGER AS checkpoint_attempt,
       started_at, finished_at, outcome,
       CASE WHEN outcome IS NOT NULL THEN coalesce(duration_seconds, run_seconds(started_at, finished_at)) END
           AS duration_seconds,
       error
FROM engine_groups WHERE activity = 'restore'
ORDER BY prec DESC;
