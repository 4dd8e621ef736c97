-- Instances that EC2 took back within an hour of their launch.
-- reads: on_instances, our_instances, free_instances
-- makes: news_free, freed
-- changes: free_instances
-- when: frees

CREATE OR REPLACE TEMP TABLE news_free AS
SELECT instance_key, any_value(instance_id) AS instance_id
FROM on_instances
WHERE end_reason = 'reclaimed' AND purchase_option = 'spot'
  AND ended_at - launched_at < INTERVAL 1 HOUR AND ended_at >= launched_at - INTERVAL 5 MINUTE
GROUP BY instance_key;

CREATE OR REPLACE TEMP TABLE freed AS
SELECT instance_key FROM news_free WHERE instance_key NOT IN (SELECT instance_key FROM free_instances)
UNION ALL
SELECT instance_key FROM free_instances
WHERE instance_key IN (SELECT instance_key FROM our_instances)
  AND instance_key NOT IN (SELECT instance_key FROM news_free);

DELETE FROM free_instances WHERE instance_key IN (SELECT instance_key FROM our_instances);
INSERT INTO free_instances SELECT * FROM news_free;
