-- Which jobs this batch says something about. Out: touched; the step after this one adds those it reaches otherwise.

CREATE OR REPLACE TEMP TABLE touched AS
SELECT DISTINCT job_key FROM batch WHERE job_key IS NOT NULL;
