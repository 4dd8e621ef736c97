-- What was kept aside becomes rows of rejects, and what was settled since leaves their list.
-- reads: lines, batch, rejects
-- makes: asides
-- changes: rejects
-- when: asides

CREATE OR REPLACE TEMP TABLE asides AS
SELECT position, a.*
FROM (SELECT position, TRY(from_json(line, $aside_type)) AS a
      FROM lines SEMI JOIN (SELECT position FROM batch WHERE identity IS NULL) USING (position));

INSERT INTO rejects
SELECT reject.reject_id, received_at, reject.error, reject.place, reject.event_id,
       reject.door, reject.file, reject.raw, reject.options, position, NULL
FROM asides
WHERE reject.reject_id IS NOT NULL
  AND reject.reject_id NOT IN (SELECT reject_id FROM rejects)
QUALIFY row_number() OVER (PARTITION BY reject.reject_id ORDER BY position) = 1;

UPDATE rejects SET settled = s.outcome
FROM (SELECT settled.reject_id AS reject_id, max(settled.outcome) AS outcome
      FROM asides WHERE settled.reject_id IS NOT NULL GROUP BY ALL) s
WHERE rejects.reject_id = s.reject_id;
