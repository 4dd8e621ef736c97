-- All that was ever said of the touched jobs, ranked by who outweighs whom.
-- reads: touched, facts_live
-- makes: ranks, f
-- when: rows(touched)

CREATE OR REPLACE TEMP TABLE ranks AS
SELECT position, fact_no, row_number() OVER (ORDER BY kind, happened_at, source, event_id, fact_no) AS prec
FROM facts_live SEMI JOIN touched USING (job_key);

CREATE OR REPLACE TEMP TABLE f AS
SELECT facts_live.* EXCLUDE (position, fact_no, identity, digest, source, event_id, received_at), ranks.prec
FROM facts_live JOIN ranks USING (position, fact_no);
