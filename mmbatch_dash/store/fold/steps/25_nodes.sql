-- Worker nodes: what each last said of itself; changed_nodes are those now known to be on another instance or to have
-- gone.
-- reads: batch, nodes
-- makes: node_news, merged_nodes, changed_nodes
-- changes: nodes
-- when: nodes

CREATE OR REPLACE TEMP TABLE node_news AS
SELECT id_key(node_id) AS node_key, node_id,
       arg_max(instance_id, happened_at) AS instance_id, arg_max(instance_type, happened_at) AS instance_type,
       arg_max(availability_zone, happened_at) AS availability_zone, arg_max(purchase_option, happened_at) AS purchase_option,
       arg_max(instance_launched_at, happened_at) AS instance_launched_at,
       arg_max(node_vcpus, happened_at) AS vcpus, arg_max(node_memory_mib, happened_at) AS memory_mib,
       arg_max(engine_version, happened_at) AS engine_version,
       arg_max(job_ids, happened_at) FILTER (type = 'mmbatch.node.heartbeat') AS job_ids,
       max(happened_at) FILTER (type = 'mmbatch.node.registered') AS registered_at,
       max(happened_at) FILTER (type <> 'mmbatch.node.stopped') AS last_heartbeat_at,
       max(happened_at) FILTER (type = 'mmbatch.node.stopped') AS stopped_at,
       list(DISTINCT happened_at) FILTER (type = 'mmbatch.node.stopped') AS gone_at,
       min(happened_at) AS first_seen_at, max(happened_at) AS told_at
FROM batch
WHERE type IN ('mmbatch.node.registered', 'mmbatch.node.heartbeat', 'mmbatch.node.stopped')
GROUP BY node_id;

-- The later word wins column by column; what it leaves out stays.
CREATE OR REPLACE TEMP TABLE merged_nodes AS
WITH both_told AS (
    SELECT * FROM node_news
    UNION ALL
    SELECT nodes.* FROM nodes SEMI JOIN node_news USING (node_key)
)
SELECT node_key, any_value(node_id) AS node_id, arg_max(instance_id, told_at) AS instance_id,
       arg_max(instance_type, told_at) AS instance_type,
       arg_max(availability_zone, told_at) AS availability_zone,
       arg_max(purchase_option, told_at) AS purchase_option,
       arg_max(instance_launched_at, told_at) AS instance_launched_at,
       arg_max(vcpus, told_at) AS vcpus, arg_max(memory_mib, told_at) AS memory_mib,
       arg_max(engine_version, told_at) AS engine_version,
       arg_max(job_ids, last_heartbeat_at) AS job_ids,
       max(registered_at) AS registered_at, max(last_heartbeat_at) AS last_heartbeat_at,
       max(stopped_at) AS stopped_at,
       list_sort(list_distinct(flatten(list(gone_at) FILTER (gone_at IS NOT NULL)))) AS gone_at,
       min(first_seen_at) AS first_seen_at, max(told_at) AS told_at
FROM both_told GROUP BY node_key;

-- A node that stops and registers again was not shut down.
UPDATE merged_nodes SET gone_at = list_filter(gone_at, lambda stop: stop >= registered_at)
WHERE len(gone_at) > 0 AND registered_at IS NOT NULL;

CREATE OR REPLACE TEMP TABLE changed_nodes AS
SELECT news.node_id, unnest([id_key(news.instance_id), id_key(known.instance_id)]) AS instance_key
FROM merged_nodes news LEFT JOIN nodes known USING (node_key)
WHERE (news.instance_id, news.instance_type, news.availability_zone, news.purchase_option)
      IS DISTINCT FROM (known.instance_id, known.instance_type, known.availability_zone, known.purchase_option)
   OR news.instance_launched_at IS DISTINCT FROM known.instance_launched_at
   OR nullif(news.gone_at, []) IS DISTINCT FROM nullif(known.gone_at, []);

DELETE FROM nodes USING merged_nodes news WHERE nodes.node_key = news.node_key;
INSERT INTO nodes SELECT * FROM merged_nodes;
