-- What the checkpoint engine did, and its checkpoints (docs/definitions.md section 1).
-- A start and the end that follows it in the same attempt are one, unless they name different checkpoints.
-- Both are taken from the most specific kind of source that tells of any, so that two doors never count one twice.
-- reads: f
-- makes: engine_groups, new_checkpoints
-- when: checkpoints or restores

CREATE OR REPLACE TEMP TABLE engine_groups AS
WITH raw AS (
    SELECT job_key, attempt, checkpoint_id, taken_at, checkpoint_taken_at, duration_seconds, size_bytes, error, happened_at, prec,
           split_part(type, '.', 2) AS activity, split_part(type, '.', 3) AS step
    FROM f WHERE starts_with(type, 'mmbatch.checkpoint.') OR starts_with(type, 'mmbatch.restore.')
    QUALIFY kind = max(kind) OVER (PARTITION BY job_key)
), marked AS (
    SELECT *, step = 'started'
        OR lag(step) OVER told IS DISTINCT FROM 'started'
        OR coalesce(lag(checkpoint_id) OVER told <> checkpoint_id, false) AS begins
    FROM raw
    WINDOW told AS (PARTITION BY job_key, activity, attempt ORDER BY happened_at, step <> 'started', prec)
), engine_events AS (
    SELECT *, sum(begins::INTEGER) OVER (PARTITION BY job_key, activity, attempt
                                         ORDER BY happened_at, step <> 'started', prec ROWS UNBOUNDED PRECEDING) AS group_no
    FROM marked
)
SELECT job_key, activity, attempt, group_no, max(checkpoint_id) AS checkpoint_id,
       arg_max(taken_at, prec) AS taken_at, arg_max(checkpoint_taken_at, prec) AS checkpoint_taken_at,
       min(happened_at) FILTER (step = 'started') AS started_at,
       max(happened_at) FILTER (step <> 'started') AS finished_at,
       arg_max(step, prec) FILTER (step <> 'started') AS outcome,
       arg_max(duration_seconds, prec) FILTER (step <> 'started') AS duration_seconds,
       arg_max(size_bytes, prec) AS size_bytes, arg_max(error, prec) AS error, max(prec) AS prec
FROM engine_events GROUP BY ALL;

CREATE OR REPLACE TEMP TABLE new_checkpoints AS
WITH known AS (
    SELECT *, coalesce(taken_at, started_at) AS known_taken_at FROM engine_groups WHERE activity = 'checkpoint'
), with_id AS (
    SELECT job_key, checkpoint_id, arg_max(attempt, prec) AS attempt, coalesce(arg_max(taken_at, prec), min(started_at)) AS taken_at
    FROM known WHERE checkpoint_id IS NOT NULL GROUP BY ALL
), named AS (
    -- One told without id is the one with an id of the same attempt and moment.
    SELECT known.* REPLACE (coalesce(known.checkpoint_id, same.checkpoint_id) AS checkpoint_id)
    FROM known
    LEFT JOIN (SELECT job_key, attempt, taken_at, min(checkpoint_id) AS checkpoint_id FROM with_id GROUP BY ALL) same
         ON same.job_key = known.job_key AND same.attempt = known.attempt AND same.taken_at = known.known_taken_at
), merged AS (
    SELECT job_key, arg_max(attempt, prec) AS attempt, max(checkpoint_id) AS checkpoint_id,
           coalesce(arg_max(taken_at, prec), min(started_at)) AS taken_at,
           min(started_at) AS started_at, arg_max(finished_at, prec) FILTER (outcome IS NOT NULL) AS finished_at,
           arg_max(outcome, prec) AS outcome, arg_max(duration_seconds, prec) AS duration_seconds,
           arg_max(size_bytes, prec) AS size_bytes, arg_max(error, prec) AS error
    FROM named
    GROUP BY job_key, coalesce('id ' || checkpoint_id, 'at ' || attempt || ' ' || known_taken_at,
                               'no ' || attempt || ' ' || group_no)
)
SELECT * REPLACE (CASE WHEN outcome IS NOT NULL THEN
    coalesce(duration_seconds, run_seconds(started_at, finished_at)) END AS duration_seconds)
FROM merged;
