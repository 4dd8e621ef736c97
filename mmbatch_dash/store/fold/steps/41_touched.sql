-- Which jobs this batch says something about; the step after this one adds those it reaches otherwise.
-- reads: batch
-- makes: touched
-- when: jobs

CREATE OR REPLACE TEMP TABLE touched AS
SELECT DISTINCT job_key FROM batch WHERE job_key IS NOT NULL;
