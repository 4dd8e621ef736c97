-- Whether any attempt was reclaimed, and whether any is known to be on an instance. One row.
-- reads: new_attempts
-- tells: reclaimed, placed
-- when: attempts

SELECT coalesce(bool_or(end_reason = 'reclaimed'), false) AS reclaimed, count(instance_key) > 0 AS placed
FROM new_attempts;
