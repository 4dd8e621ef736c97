-- A batch without repeats joins the facts of its jobs.
-- reads: batch
-- changes: facts_live
-- when: jobs and not repeats

INSERT INTO facts_live SELECT $fact_columns FROM batch WHERE job_key IS NOT NULL;
