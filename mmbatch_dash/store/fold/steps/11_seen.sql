-- What the batch speaks of, so that the steps on anything else can be left out. One row.
-- reads: batch
-- tells: asides, jobs, instances, notices, nodes, prices, sizes, sightings, parents

SELECT coalesce(bool_or(identity IS NULL), false) AS asides,
       count(job_key) > 0 AS jobs,
       coalesce(bool_or(job_key IS NULL AND (instance_id IS NOT NULL OR container_instance_arn IS NOT NULL)), false) AS instances,
       coalesce(bool_or(notice_kind IS NOT NULL AND instance_key IS NOT NULL), false) AS notices,
       coalesce(bool_or(starts_with(type, 'mmbatch.node.')), false) AS nodes,
       coalesce(bool_or(effective_at IS NOT NULL AND usd_per_hour IS NOT NULL AND job_key IS NULL), false) AS prices,
       coalesce(bool_or(type = 'instance_type.reported'), false) AS sizes,
       coalesce(bool_or(type = 'mmbatch.sync.seen'), false) AS sightings,
       count(parent_id) > 0 AS parents
FROM batch;
