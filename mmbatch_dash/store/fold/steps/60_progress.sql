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

-- Which checkpoint each restore used: the one it names, else the one of that moment, else the latest before it.
CREATE OR REPLACE TEMP TABLE links AS
SELECT s.job_key, s.attempt, s.checkpoint_id IS NOT NULL OR s.checkpoint_taken_at IS NOT NULL AS names_one,
       CASE WHEN s.checkpoint_id IS NOT NULL AND named.attempt IS NOT NULL THEN named.attempt
            WHEN s.checkpoint_taken_at IS NOT NULL THEN coalesce(
                (SELECT max(c.attempt) FROM new_checkpoints c
                 WHERE c.job_key = s.job_key AND c.attempt < s.attempt AND c.taken_at = s.checkpoint_taken_at),
                (SELECT max(a.attempt) FROM new_attempts a
                 WHERE a.job_key = s.job_key AND a.attempt < s.attempt AND a.started_at <= s.checkpoint_taken_at))
            WHEN s.checkpoint_id IS NULL THEN latest.attempt END AS from_attempt,
       CASE WHEN s.checkpoint_id IS NOT NULL AND named.attempt IS NOT NULL
            THEN coalesce(named.taken_at, s.checkpoint_taken_at)
            WHEN s.checkpoint_taken_at IS NOT NULL THEN s.checkpoint_taken_at
            WHEN s.checkpoint_id IS NULL THEN latest.taken_at END AS taken_at
FROM successes s
LEFT JOIN new_checkpoints named ON named.job_key = s.job_key AND named.checkpoint_id = s.checkpoint_id
LEFT JOIN (
    SELECT x.job_key, x.attempt AS into_attempt, arg_max(c.attempt, (c.taken_at, c.attempt)) AS attempt,
           max(c.taken_at) AS taken_at
    FROM successes x JOIN new_checkpoints c ON c.job_key = x.job_key
    WHERE c.outcome = 'succeeded' AND c.attempt < x.attempt AND c.taken_at < x.began_at
    GROUP BY ALL
) latest ON latest.job_key = s.job_key AND latest.into_attempt = s.attempt;

CREATE OR REPLACE TEMP TABLE steps AS
SELECT l.job_key, l.attempt, l.from_attempt,
       CASE WHEN l.from_attempt IS NULL AND NOT l.names_one THEN 0
            WHEN l.from_attempt IS NULL OR l.from_attempt >= l.attempt THEN NULL
            -- Not greatest and least: in DuckDB they pass over what is unknown.
            WHEN fresh_at(r.finished_at, a.started_at) >= l.taken_at THEN 0
            WHEN fresh_at(r.finished_at, a.started_at) >= a.ended_at AND l.taken_at IS NOT NULL THEN 0
            -- The checkpoint proves that the attempt lived then, whenever it ended.
            WHEN l.taken_at <= a.ended_at OR a.ended_at IS NULL THEN epoch_us(l.taken_at) - epoch_us(fresh_at(r.finished_at, a.started_at))
            WHEN l.taken_at > a.ended_at THEN epoch_us(a.ended_at) - epoch_us(fresh_at(r.finished_at, a.started_at))
            END AS carried_us,
       CASE WHEN a.ended_at < l.taken_at THEN a.ended_at ELSE l.taken_at END AS until_at,
       NOT l.names_one AND l.from_attempt IS NULL AS from_nothing
FROM links l
LEFT JOIN new_attempts a ON a.job_key = l.job_key AND a.attempt = l.from_attempt
LEFT JOIN successes r ON r.job_key = l.job_key AND r.attempt = l.from_attempt;

CREATE OR REPLACE TEMP TABLE chain AS
WITH RECURSIVE walked AS (
    SELECT s.* FROM new_attempts a JOIN steps s USING (job_key, attempt) WHERE a.is_latest
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
