-- Jobs whose instance's size changed wait to be derived again. In: changed_sizes, touched.

INSERT INTO pending_jobs
SELECT DISTINCT a.job_key, true FROM attempts a SEMI JOIN changed_sizes USING (instance_type)
WHERE a.job_key NOT IN (SELECT job_key FROM touched) AND a.job_key NOT IN (SELECT job_key FROM pending_jobs WHERE whole);
