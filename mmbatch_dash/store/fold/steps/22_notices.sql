-- Notices of instances about to go.
-- reads: batch, notices
-- changes: notices
-- when: notices

INSERT INTO notices
SELECT identity, digest, instance_key, instance_id, notice_kind, happened_at, action, action_at, position
FROM batch
WHERE notice_kind IS NOT NULL AND instance_key IS NOT NULL
  AND identity NOT IN (SELECT identity FROM notices)
QUALIFY row_number() OVER (PARTITION BY identity, fact_no ORDER BY position) = 1;
