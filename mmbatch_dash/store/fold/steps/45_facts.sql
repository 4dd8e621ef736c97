-- The batch joins the facts of its jobs; a repeat is dropped, the same identity with other content is kept aside.

CREATE OR REPLACE TEMP TABLE known_facts AS
SELECT job_key, identity, fact_no, min(digest) AS digest
FROM facts_live SEMI JOIN touched USING (job_key) GROUP BY ALL;

CREATE OR REPLACE TEMP TABLE fresh AS
SELECT batch.*, known_facts.digest AS known_digest,
       row_number() OVER same AS repeat_no, first_value(batch.digest) OVER same AS first_digest
FROM batch LEFT JOIN known_facts USING (job_key, identity, fact_no)
WHERE batch.job_key IS NOT NULL
WINDOW same AS (PARTITION BY job_key, identity, fact_no ORDER BY position);

INSERT INTO rejects
SELECT DISTINCT ON (position) 'conflict-' || position, received_at,
       'The same source and id came before with other content; the earlier one stands.',
       0, event_id, 'journal', NULL, NULL, NULL, position, NULL
FROM fresh
WHERE coalesce(known_digest, first_digest) <> digest;

INSERT INTO facts_live SELECT $fact_columns FROM fresh WHERE known_digest IS NULL AND repeat_no = 1;

CREATE OR REPLACE TEMP TABLE f AS
SELECT *, row_number() OVER (ORDER BY kind, happened_at, source, event_id, fact_no) AS prec
FROM facts_live SEMI JOIN touched USING (job_key);
