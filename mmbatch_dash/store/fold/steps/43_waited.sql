-- What is derived anew now need not wait for it any longer.
-- reads: touched
-- changes: pending_jobs
-- when: rows(touched) and rows(pending_jobs)

DELETE FROM pending_jobs WHERE job_key IN (SELECT job_key FROM touched);
