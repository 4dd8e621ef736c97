-- Progress carried by restores (docs/definitions.md section 3), and the last successful restore of each attempt.
-- reads: new_checkpoints, new_attempts, new_restores
-- makes: successes, links, steps, chain
-- changes: new_restores
-- when: restored

CREATE OR REPLACE TEMP TABLE successes AS
SELECT *, coalesce(started_at, finished_at - to_microseconds((duration_seconds * 1e6)::BIGINT), finished_at) AS began_at
FROM new_restores
WHERE outcome = 'succeeded'
QUALIFY row_number() OVER (PARTITION BY job_key, attempt ORDER BY finished_at DESC, began_at DESC, checkpoint_id) = 1;

-- Which checkpoint each restore used: the one it names, else the one of that moment, else the latest before it. Which one
-- it used is unknown where it names one that nobody placed.
CREATE OR REPLACE TEMP TABLE links AS
SELECT s.job_key, s.attempt,
       s.checkpoint_id IS NOT NULL OR s.checkpoint_taken_at IS NOT NULL OR coalesce(latest.is_unclear, false) AS names_one,
       CASE WHEN s.checkpoint_id IS NOT NULL AND named.attempt IS NOT NULL THEN named.attempt
            WHEN s.checkpoint_taken_at IS NOT NULL THEN coalesce(
                (SELECT max(c.attempt) FROM new_checkpoints c
                 WHERE c.job_key = s.job_key AND c.attempt < s.attempt AND c.taken_at = s.checkpoint_taken_at),
                (SELECT max(a.attempt) FROM new_attempts a
                 WHERE a.job_key = s.job_key AND a.attempt < s.attempt AND a.started_at <= s.checkpoint_taken_at))
            WHEN s.checkpoint_id IS NULL AND NOT latest.is_unclear THEN latest.attempt END AS from_attempt,
       CASE WHEN s.checkpoint_id IS NOT NULL AND named.attempt IS NOT NULL
            THEN coalesce(named.taken_at, s.checkpoint_taken_at)
            WHEN s.checkpoint_taken_at IS NOT NULL THEN s.checkpoint_taken_at
            WHEN s.checkpoint_id IS NULL THEN latest.taken_at END AS taken_at
FROM successes s
LEFT JOIN new_checkpoints named ON named.job_key = s.job_key AND named.checkpoint_id = s.checkpoint_id
LEFT JOIN (
    SELECT x.job_key, x.attempt AS into_attempt,
           arg_max(c.attempt, (c.taken_at, c.attempt)) FILTER (c.taken_at < x.began_at) AS attempt,
           max(c.taken_at) FILTER (c.taken_at < x.began_at) AS taken_at,
           -- One of unknown moment may have been the latest.
           bool_or(c.taken_at IS NULL) AS is_unclear
    FROM successes x JOIN new_checkpoints c ON c.job_key = x.job_key
    WHERE c.outcome = 'succeeded' AND c.attempt < x.attempt
    GROUP BY x.job_key, x.attempt
) latest ON latest.job_key = s.job_key AND latest.into_attempt = s.attempt;

CREATE OR REPLACE TEMP TABLE steps AS
SELECT job_key, attempt, from_attempt, until_at,
       CASE WHEN from_attempt IS NULL AND NOT names_one THEN 0
            WHEN from_attempt IS NULL OR from_attempt >= attempt THEN NULL
            -- Not greatest alone: in DuckDB it passes over what is unknown.
            WHEN until_at IS NOT NULL AND fresh_at IS NOT NULL THEN greatest(0, epoch_us(until_at) - epoch_us(fresh_at))
            END AS carried_us,
       NOT names_one AND from_attempt IS NULL AS from_nothing
FROM (
    SELECT l.job_key, l.attempt, l.from_attempt, l.names_one, fresh_at(r.finished_at, a.started_at) AS fresh_at,
           -- A restore that succeeded proves its checkpoint, and that the attempt lived then.
           CASE WHEN a.ended_at < l.taken_at THEN a.ended_at ELSE l.taken_at END AS until_at
    FROM links l
    LEFT JOIN new_attempts a ON a.job_key = l.job_key AND a.attempt = l.from_attempt
    LEFT JOIN successes r ON r.job_key = l.job_key AND r.attempt = l.from_attempt
);

CREATE OR REPLACE TEMP TABLE chain AS
WITH RECURSIVE known AS (
    SELECT *, min(attempt) FILTER (end_reason IS DISTINCT FROM 'not_started') OVER (PARTITION BY job_key) AS first_ran,
           coalesce(bool_or(end_reason = 'not_started') OVER (PARTITION BY job_key), false) AS any_idle
    FROM new_attempts
), walked AS (
    SELECT s.* FROM known a JOIN steps s USING (job_key, attempt)
    -- Where none of the ended attempts ran nothing was carried, whatever a restore says.
    WHERE a.is_latest AND NOT (any_idle AND a.attempt = first_ran AND coalesce(a.end_reason = 'running', false))
    UNION ALL
    SELECT s.* FROM walked w JOIN steps s ON s.job_key = w.job_key AND s.attempt = w.from_attempt
    WHERE w.from_attempt < w.attempt
)
SELECT job_key, attempt AS into_attempt, from_attempt, carried_us, until_at,
       coalesce(from_attempt >= attempt, true) AS is_broken
FROM walked WHERE NOT from_nothing;

UPDATE new_restores SET checkpoint_attempt = l.from_attempt
FROM links l
WHERE new_restores.job_key = l.job_key AND new_restores.attempt = l.attempt AND new_restores.outcome = 'succeeded';
