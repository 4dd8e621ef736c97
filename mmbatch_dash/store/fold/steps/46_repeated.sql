-- A batch with repeats joins the facts of its jobs: a repeat is dropped, the same identity with other content is kept aside.
-- reads: batch, known_facts
-- makes: firsts
-- changes: rejects, facts_live
-- when: repeats

-- Told apart by keys alone: the columns of a fact are many, and are copied once.
CREATE OR REPLACE TEMP TABLE firsts AS
SELECT job_key, identity, fact_no, min(position) AS position, arg_min(digest, position) AS digest
FROM batch WHERE job_key IS NOT NULL GROUP BY ALL;

INSERT INTO rejects
SELECT DISTINCT ON (position) 'conflict-' || batch.position, batch.received_at,
       'The same source and id came before with other content; the earlier one stands.',
       0, batch.event_id, 'journal', NULL, NULL, NULL, batch.position, NULL
FROM batch
JOIN firsts USING (job_key, identity, fact_no)
LEFT JOIN known_facts USING (job_key, identity, fact_no)
WHERE coalesce(known_facts.digest, firsts.digest) <> batch.digest;

INSERT INTO facts_live
SELECT $fact_columns FROM batch
SEMI JOIN (FROM firsts ANTI JOIN known_facts USING (job_key, identity, fact_no)) new_facts USING (position, fact_no);
