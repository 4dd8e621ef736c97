-- Instances whose jobs have to be derived anew.
-- reads: differing_instances, batch
-- makes: changed_instances
-- when: rows(differing_instances) or notices

CREATE OR REPLACE TEMP TABLE changed_instances AS
SELECT instance_key, arn_key FROM differing_instances
UNION ALL
SELECT DISTINCT instance_key, NULL FROM batch WHERE notice_kind = 'interruption' AND instance_key IS NOT NULL;
