-- A failure is the job's end unless a later attempt starts; AWS's word on the job stands. A job that has ended never
-- started where AWS says so, or where it was cancelled and nobody tells of an attempt; a start, a checkpoint or a restore
-- that anybody tells of proves that it ran.
-- reads: f, tops
-- makes: job_end
-- when: ends

CREATE OR REPLACE TEMP TABLE job_end AS
WITH ends AS (
    SELECT f.job_key, f.kind, f.status, f.completed_at, f.end_reason, f.prec FROM f LEFT JOIN tops USING (job_key)
    WHERE status IN ('SUCCEEDED', 'FAILED')
      AND (status = 'SUCCEEDED' OR kind = 2 OR coalesce(f.attempt >= tops.top, true))
), ended AS (
    SELECT job_key, coalesce(arg_max(status, prec) FILTER (kind = 2), arg_max(status, prec)) AS status,
           arg_max(completed_at, prec) AS completed_at,
           coalesce(bool_or(end_reason = 'cancelled') AND NOT bool_or(status = 'SUCCEEDED'), false) AS cancelled
    FROM ends GROUP BY job_key
), told AS (
    SELECT job_key, coalesce(bool_or(never_started), false) AS never_started, bool_or(tells_of_running(type, started_at)) AS ran
    FROM f SEMI JOIN ended USING (job_key) GROUP BY job_key
)
SELECT ended.*, (told.never_started OR (ended.cancelled AND tops.job_key IS NULL)) AND NOT told.ran AS never_started
FROM ended JOIN told USING (job_key) LEFT JOIN tops USING (job_key);
