-- Jobs that a changed price covers wait for their turn: the fold takes them from pending_jobs in chunks, between batches.
-- reads: changed_prices, known_attempts, touched, pending_jobs
-- changes: pending_jobs
-- when: rows(changed_prices)

INSERT INTO pending_jobs
SELECT job_key, false FROM (
    SELECT a.job_key FROM known_attempts a
    JOIN changed_prices c ON c.instance_type = a.instance_type AND c.place = a.availability_zone
    WHERE c.purchase_option = 'spot' AND a.purchase_option = 'spot'
      AND a.started_at < c.to_at AND coalesce(a.ended_at, TIMESTAMP '9999-01-01') >= c.from_at
    UNION
    SELECT a.job_key FROM known_attempts a
    JOIN changed_prices c ON c.instance_type = a.instance_type AND c.place = a.region
    WHERE c.purchase_option = 'on-demand' AND a.started_at >= c.from_at AND a.started_at < c.to_at
)
WHERE job_key NOT IN (SELECT job_key FROM touched) AND job_key NOT IN (SELECT job_key FROM pending_jobs);
