-- What of the batch is known already, and whether anything in it is there twice.
-- reads: batch, facts_live
-- makes: known_facts
-- tells: repeats
-- when: jobs

CREATE OR REPLACE TEMP TABLE known_facts AS
SELECT job_key, identity, fact_no, min(digest) AS digest
FROM facts_live SEMI JOIN batch USING (job_key, identity) GROUP BY ALL;

SELECT EXISTS (FROM known_facts) OR count(*) > count(DISTINCT (job_key, identity, fact_no)) AS repeats
FROM batch WHERE job_key IS NOT NULL;
