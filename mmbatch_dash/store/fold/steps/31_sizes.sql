-- Sizes of instance types that AWS told.
-- reads: batch, instance_type_facts
-- makes: changed_sizes
-- changes: instance_type_facts
-- when: sizes

CREATE OR REPLACE TEMP TABLE changed_sizes AS
SELECT DISTINCT instance_type FROM batch
WHERE type = 'instance_type.reported' AND instance_type IS NOT NULL
  AND identity NOT IN (SELECT identity FROM instance_type_facts);

INSERT INTO instance_type_facts
SELECT identity, kind, happened_at, source, event_id, instance_type, node_vcpus, node_memory_mib
FROM batch
WHERE type = 'instance_type.reported' AND instance_type IS NOT NULL
  AND identity NOT IN (SELECT identity FROM instance_type_facts)
QUALIFY row_number() OVER (PARTITION BY identity, fact_no ORDER BY position) = 1;
