-- Jobs named as a parent for the first time.
-- reads: batch, parents
-- makes: new_parents
-- changes: parents
-- when: parents

CREATE OR REPLACE TEMP TABLE new_parents AS
SELECT DISTINCT id_key(parent_id) AS parent_key FROM batch
WHERE parent_id IS NOT NULL AND id_key(parent_id) NOT IN (SELECT parent_key FROM parents);

INSERT INTO parents SELECT parent_key FROM new_parents;
