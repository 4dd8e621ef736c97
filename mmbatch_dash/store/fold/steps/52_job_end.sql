-- A failure is the job's end unless a later attempt starts; AWS's word on the job stands.
-- reads: f, tops
-- makes: job_end
-- when: ends

CREATE OR REPLACE TEMP TABLE job_end AS
WITH ends AS (
    SELECT f.* FROM f LEFT JOIN tops USING (job_key)
    WHERE status IN ('SUCCEEDED', 'FAILED')
      AND (status = 'SUCCEEDED' OR kind = 2 OR coalesce(f.attempt >= tops.top, true))
)
SELECT job_key, coalesce(arg_max(status, prec) FILTER (kind = 2), arg_max(status, prec)) AS status,
       arg_max(completed_at, prec) AS completed_at,
       coalesce(bool_or(end_reason = 'cancelled') AND NOT bool_or(status = 'SUCCEEDED'), false) AS cancelled
FROM ends GROUP BY job_key;
