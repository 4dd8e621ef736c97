-- Journal lines become a batch of facts; what was kept aside becomes rows of rejects.
-- In: lines(position, line). Out: entry, batch.

CREATE OR REPLACE TEMP TABLE entry AS
SELECT position, e.*
FROM (SELECT position, from_json(line, $line_type) AS e FROM lines WHERE json_valid(line));

INSERT INTO rejects
SELECT reject.reject_id, received_at, reject.error, reject.place, reject.event_id,
       reject.door, reject.file, reject.raw, reject.options, position, NULL
FROM entry
WHERE reject.reject_id IS NOT NULL
  AND reject.reject_id NOT IN (SELECT reject_id FROM rejects)
QUALIFY row_number() OVER (PARTITION BY reject.reject_id ORDER BY position) = 1;

UPDATE rejects SET settled = s.outcome
FROM (SELECT settled.reject_id AS reject_id, max(settled.outcome) AS outcome
      FROM entry WHERE settled.reject_id IS NOT NULL GROUP BY ALL) s
WHERE rejects.reject_id = s.reject_id;

CREATE OR REPLACE TEMP TABLE batch AS
SELECT position, fact_no, identity, digest, kind, source, event_id, received_at,
       CASE WHEN f.job_id IS NOT NULL THEN hash(f.job_id) END AS job_key,
       CASE WHEN f.instance_id IS NOT NULL THEN hash(f.instance_id) END AS instance_key,
       f."at" AS happened_at, f.* EXCLUDE ("at")
FROM (SELECT position, identity, digest, kind, source, id AS event_id, received_at,
             unnest(facts) AS f, generate_subscripts(facts, 1) AS fact_no
      FROM entry WHERE identity IS NOT NULL);

INSERT INTO event_counts
SELECT coalesce(type, 'unnamed'), coalesce(len(facts), 0) > 0, count(*)
FROM entry WHERE identity IS NOT NULL GROUP BY ALL;
