-- How much of its instance each attempt asked for.
-- reads: f, new_attempts, instances, instance_sizes
-- makes: asked
-- when: attempts

-- The larger of what the job asked for of the instance's vCPUs and of its memory. What a job did not ask for does not
-- count; what it asked for of an instance of unknown size is unknown, unless it has all of the other already.
CREATE OR REPLACE TEMP TABLE asked AS
SELECT n.job_key, n.attempt,
       CASE WHEN coalesce(j.vcpus >= size.vcpus, false) OR coalesce(j.memory_mib >= size.memory_mib, false) THEN 1
            WHEN (j.vcpus IS NOT NULL AND size.vcpus IS NULL) OR (j.memory_mib IS NOT NULL AND size.memory_mib IS NULL) THEN NULL
            ELSE greatest(j.vcpus / size.vcpus, j.memory_mib / size.memory_mib) END AS asked_share
FROM (
    SELECT n.job_key, n.attempt, coalesce(i.node_vcpus, s.vcpus) AS vcpus, coalesce(i.node_memory_mib, s.memory_mib) AS memory_mib
    FROM (FROM new_attempts WHERE end_reason IS DISTINCT FROM 'not_started') n
    LEFT JOIN instances i ON i.instance_key = n.instance_key
    LEFT JOIN instance_sizes s ON s.instance_type = n.instance_type
) size
JOIN new_attempts n USING (job_key, attempt)
JOIN (SELECT job_key, arg_max(vcpus, prec) AS vcpus, arg_max(memory_mib, prec) AS memory_mib FROM f GROUP BY job_key) j
     ON j.job_key = n.job_key;
