-- Jobs that a sync or an imported file found open: the latest time each was heard of that way.
-- reads: batch, sightings
-- makes: news_sightings
-- changes: sightings
-- when: sightings

CREATE OR REPLACE TEMP TABLE news_sightings AS
WITH told AS (
    SELECT id_key(unnest(job_ids)) AS job_key, happened_at AS seen_at FROM batch WHERE type = 'mmbatch.sync.seen'
)
SELECT job_key, greatest(max(told.seen_at), any_value(known.seen_at)) AS seen_at
FROM told LEFT JOIN sightings known USING (job_key)
GROUP BY job_key;

DELETE FROM sightings USING news_sightings news WHERE sightings.job_key = news.job_key;
INSERT INTO sightings SELECT * FROM news_sightings;
