-- Journal lines become a batch of facts: one row a fact, and one row with no more than its head for what understood
-- nothing or is no entry at all (identity IS NULL).
-- The original, which comes last in the line of an entry, is most of it and is not read here.
-- reads: lines
-- makes: batch
-- changes: event_counts

CREATE OR REPLACE TEMP TABLE batch AS
SELECT position, fact_no, e.identity, e.digest, e.kind, e.source, e.id AS event_id, e.received_at,
       e.type AS entry_type, coalesce(len(e.facts), 0) > 0 AS understood,
       id_key(f.job_id) AS job_key,
       id_key(f.instance_id) AS instance_key,
       f."at" AS happened_at, f.* EXCLUDE ("at")
FROM (
    SELECT position, e, unnest(told) AS f, generate_subscripts(told, 1) AS fact_no
    FROM (
        SELECT position, e, CASE WHEN len(e.facts) > 0 THEN e.facts ELSE [NULL] END AS told
        FROM (
            SELECT position,
                   TRY(from_json(CASE WHEN strlen(head) < strlen(line) THEN head || ']}' ELSE line END, $line_type)) AS e
            FROM (SELECT position, line, split_part(line, '],"raw":{', 1) AS head FROM lines)
        )
    )
);

INSERT INTO event_counts
SELECT coalesce(entry_type, 'unnamed'), understood, count(*)
FROM batch WHERE identity IS NOT NULL AND fact_no = 1 GROUP BY ALL;
