-- Instances that something new was told of; differing_instances holds those whose merge differs from before.
-- reads: told, instance_facts, instances
-- makes: told_arns, told_ids, merged_instances, differing_instances
-- changes: instances
-- when: rows(told)

-- Facts that name only the container instance belong to the EC2 instance another fact gives for it.
CREATE OR REPLACE TEMP TABLE told_arns AS
SELECT DISTINCT container_instance_arn AS arn FROM told WHERE container_instance_arn IS NOT NULL
UNION
SELECT DISTINCT container_instance_arn FROM instance_facts
WHERE container_instance_arn IS NOT NULL
  AND instance_key IN (SELECT instance_key FROM told WHERE instance_key IS NOT NULL);

CREATE OR REPLACE TEMP TABLE told_ids AS
SELECT DISTINCT instance_id FROM told WHERE instance_id IS NOT NULL
UNION
SELECT DISTINCT instance_id FROM instance_facts
WHERE instance_id IS NOT NULL AND container_instance_arn IN (SELECT arn FROM told_arns);

CREATE OR REPLACE TEMP TABLE merged_instances AS
WITH chosen AS (
    SELECT * FROM instance_facts
    WHERE instance_id IN (SELECT instance_id FROM told_ids)
       OR container_instance_arn IN (SELECT arn FROM told_arns)
    QUALIFY rank > 0 OR row_number() OVER (
        PARTITION BY rank, instance_id, instance_type, availability_zone, purchase_option,
                     instance_launched_at, node_vcpus, node_memory_mib
        ORDER BY happened_at, source, event_id) = 1
), named AS (
    SELECT * REPLACE (coalesce(instance_id, max(instance_id) OVER (PARTITION BY container_instance_arn)) AS instance_id)
    FROM chosen
), weighed AS (
    SELECT *, coalesce(instance_id, container_instance_arn) AS owner,
           row_number() OVER (ORDER BY rank, happened_at, source, event_id) AS prec
    FROM named
)
SELECT id_key(owner) AS instance_key,
       id_key(arg_max(container_instance_arn, prec)) AS arn_key,
       max(instance_id) AS instance_id,
       arg_max(container_instance_arn, prec) AS container_instance_arn,
       arg_max(instance_type, prec) AS instance_type,
       arg_max(availability_zone, prec) AS availability_zone,
       arg_max(purchase_option, prec) AS purchase_option,
       arg_max(instance_launched_at, prec) AS instance_launched_at,
       min(instance_terminated_at) AS instance_terminated_at,
       list_sort(list_distinct(list_concat(list(instance_terminated_at) FILTER (instance_terminated_at IS NOT NULL),
                                           list(instance_gone_at) FILTER (instance_gone_at IS NOT NULL)))) AS gone_at,
       arg_max(node_vcpus, prec) AS node_vcpus,
       arg_max(node_memory_mib, prec) AS node_memory_mib
FROM weighed
GROUP BY owner;

CREATE OR REPLACE TEMP TABLE differing_instances AS
SELECT instance_key, arn_key FROM (SELECT * FROM merged_instances EXCEPT SELECT * FROM instances);

DELETE FROM instances
WHERE instance_key IN (SELECT instance_key FROM merged_instances)
   OR instance_key IN (SELECT id_key(arn) FROM told_arns);
INSERT INTO instances SELECT * FROM merged_instances;
