-- What is said of the touched jobs themselves.
-- reads: f, parents
-- makes: merged_jobs
-- when: rows(touched)

CREATE OR REPLACE TEMP TABLE merged_jobs AS
SELECT job_key, any_value(job_id) AS job_id, arg_max(name, prec) AS name, arg_max(queue, prec) AS queue,
       arg_max(definition, prec) AS definition, arg_max("user", prec) AS "user", 
       CASE WHEN count(DISTINCT tags) > 1
            THEN list_reduce(list(tags ORDER BY prec) FILTER (tags IS NOT NULL), lambda a, b: map_concat(a, b))
            ELSE any_value(tags) END AS tags,
       arg_max(vcpus, prec) AS vcpus, arg_max(memory_mib, prec) AS memory_mib, arg_max(gpus, prec) AS gpus,
       arg_max(platform, prec) AS platform, arg_max(status_reason, prec) AS status_reason,
       coalesce(bool_or(is_parent), false) OR job_key IN (SELECT parent_key FROM parents) AS is_parent,
       arg_max(parent_id, prec) AS parent_id, arg_max(submitted_at, prec) AS submitted_at, max(happened_at) AS updated_at,
       arg_max(status, prec) FILTER (status NOT IN ('SUCCEEDED', 'FAILED')) AS said_status,
       list_sort(list_distinct(flatten(list(unread) FILTER (unread IS NOT NULL)))) AS unread,
       max(rootfs_bytes_max) AS rootfs_bytes_max, max(memory_mib_max) AS memory_mib_max, max(cpu_seconds) AS cpu_seconds
FROM f GROUP BY job_key;
