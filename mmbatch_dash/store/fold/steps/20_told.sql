-- What is said of instances and nodes, apart from jobs; told holds what was not known of them before.
-- Heartbeats count as an instance's description only where nothing else describes it, and once per description, so
-- that thousands of them a minute add nothing.
-- reads: batch, instance_facts
-- makes: told
-- changes: instance_facts
-- when: instances

CREATE OR REPLACE TEMP TABLE told AS
SELECT identity, digest, CASE WHEN type = 'mmbatch.node.heartbeat' THEN 0 ELSE kind END::UTINYINT AS rank,
       happened_at, source, event_id, instance_key, instance_id, container_instance_arn, instance_type, availability_zone,
       purchase_option, instance_launched_at, instance_terminated_at, instance_gone_at, node_vcpus, node_memory_mib
FROM batch
WHERE job_key IS NULL AND coalesce(instance_id, container_instance_arn) IS NOT NULL
  AND (container_instance_arn IS NOT NULL OR instance_type IS NOT NULL OR availability_zone IS NOT NULL
       OR purchase_option IS NOT NULL OR instance_launched_at IS NOT NULL OR instance_terminated_at IS NOT NULL
       OR instance_gone_at IS NOT NULL OR node_vcpus IS NOT NULL OR node_memory_mib IS NOT NULL)
  AND identity NOT IN (SELECT identity FROM instance_facts)
QUALIFY row_number() OVER (PARTITION BY identity, fact_no ORDER BY position) = 1
    AND (rank > 0 OR row_number() OVER (
        PARTITION BY rank, instance_id, instance_type, availability_zone, purchase_option,
                     instance_launched_at, node_vcpus, node_memory_mib
        ORDER BY happened_at, source, event_id) = 1);

DELETE FROM told USING instance_facts known
WHERE told.rank = 0 AND known.rank = 0 AND told.instance_key = known.instance_key
  AND (known.happened_at, known.source, known.event_id) <= (told.happened_at, told.source, told.event_id)
  AND (told.instance_type, told.availability_zone, told.purchase_option)
      IS NOT DISTINCT FROM (known.instance_type, known.availability_zone, known.purchase_option)
  AND told.instance_launched_at IS NOT DISTINCT FROM known.instance_launched_at
  AND told.node_vcpus IS NOT DISTINCT FROM known.node_vcpus
  AND told.node_memory_mib IS NOT DISTINCT FROM known.node_memory_mib;

INSERT INTO instance_facts SELECT * FROM told;
