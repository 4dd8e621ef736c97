-- Which jobs this batch says something about, directly or through an instance. Those that had ended
-- come back to the live tables, so that the steps below look in one place. Out: touched.

CREATE OR REPLACE TEMP TABLE new_parents AS
SELECT DISTINCT hash(parent_id) AS parent_key FROM batch
WHERE parent_id IS NOT NULL AND hash(parent_id) NOT IN (SELECT parent_key FROM parents);

INSERT INTO parents SELECT parent_key FROM new_parents;

CREATE OR REPLACE TEMP TABLE touched AS
SELECT DISTINCT job_key FROM batch WHERE job_key IS NOT NULL
UNION
SELECT job_key FROM attempts
WHERE instance_key IN (SELECT instance_key FROM changed_instances)
   OR arn_key IN (SELECT arn_key FROM changed_instances WHERE arn_key IS NOT NULL)
UNION
SELECT job_key FROM attempts WHERE node_id IN (SELECT node_id FROM changed_nodes)
UNION
SELECT parent_key FROM new_parents
UNION
SELECT job_key FROM again;

CREATE OR REPLACE TEMP TABLE reopened AS
SELECT job_key FROM jobs_done SEMI JOIN touched USING (job_key);
