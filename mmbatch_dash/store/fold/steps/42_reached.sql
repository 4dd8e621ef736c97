-- Jobs that the batch says something about through an instance, a node or a child, and those to be derived again.
-- reads: again, changed_instances, changed_nodes, new_parents, known_attempts, touched
-- changes: touched
-- when: rows(changed_instances) or rows(changed_nodes) or rows(new_parents) or again

INSERT INTO touched
SELECT job_key FROM (
    SELECT job_key FROM known_attempts SEMI JOIN changed_instances USING (instance_key)
    UNION
    SELECT job_key FROM known_attempts SEMI JOIN (FROM changed_instances WHERE arn_key IS NOT NULL) c USING (arn_key)
    UNION
    SELECT job_key FROM known_attempts SEMI JOIN changed_nodes USING (node_id)
    UNION
    SELECT job_key FROM known_attempts SEMI JOIN (FROM changed_nodes WHERE instance_key IS NOT NULL) n USING (instance_key)
    UNION
    SELECT parent_key FROM new_parents
    UNION
    SELECT job_key FROM again
)
WHERE job_key NOT IN (SELECT job_key FROM touched);
