-- Jobs whose instance's size changed wait to be derived again.
-- reads: changed_sizes, known_attempts, touched, pending_jobs
-- changes: pending_jobs
-- when: rows(changed_sizes)

INSERT INTO pending_jobs
SELECT DISTINCT a.job_key, true FROM known_attempts a SEMI JOIN changed_sizes USING (instance_type)
WHERE a.job_key NOT IN (SELECT job_key FROM touched) AND a.job_key NOT IN (SELECT job_key FROM pending_jobs WHERE whole);
