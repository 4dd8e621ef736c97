-- What is said of the touched jobs, so that the steps on anything else can be left out. One row.
-- reads: f
-- tells: attempts, unplaced, ends, checkpoints, restores, restored
-- when: rows(touched)

SELECT count(attempt) > 0 OR coalesce(bool_or(type = 'latest_attempt.reported'), false) AS attempts,
       coalesce(bool_or(attempt IS NULL AND (ended_at IS NOT NULL OR type = 'latest_attempt.reported')), false) AS unplaced,
       coalesce(bool_or(status IN ('SUCCEEDED', 'FAILED')), false) AS ends,
       coalesce(bool_or(starts_with(type, 'mmbatch.checkpoint.')), false) AS checkpoints,
       coalesce(bool_or(starts_with(type, 'mmbatch.restore.')), false) AS restores,
       coalesce(bool_or(type = 'mmbatch.restore.succeeded'), false) AS restored
FROM f;
