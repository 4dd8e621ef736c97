-- Prices observed or imported, and the spans in which each is in force.
-- reads: batch, price_spans, prices
-- makes: news_prices, price_keys, new_spans, changed_prices
-- changes: prices, price_spans
-- when: prices

CREATE OR REPLACE TEMP TABLE news_prices AS
SELECT identity, digest, kind, happened_at, source, event_id, fact_no, position,
       CASE WHEN purchase_option = 'spot' THEN availability_zone
            ELSE coalesce(region, zone_region(availability_zone)) END AS place,
       coalesce(region, zone_region(availability_zone)) AS region, availability_zone, instance_type, purchase_option,
       usd_per_hour, effective_at, coalesce(price_source, 'event') AS price_source
FROM batch
WHERE effective_at IS NOT NULL AND usd_per_hour IS NOT NULL AND job_key IS NULL;

INSERT INTO prices
SELECT * EXCLUDE (fact_no, position)
FROM news_prices
WHERE place IS NOT NULL AND identity NOT IN (SELECT identity FROM prices)
QUALIFY row_number() OVER (PARTITION BY identity, fact_no ORDER BY position) = 1;

CREATE OR REPLACE TEMP TABLE price_keys AS
SELECT DISTINCT purchase_option, instance_type, place FROM news_prices WHERE place IS NOT NULL;

CREATE OR REPLACE TEMP TABLE new_spans AS
WITH best AS (
    SELECT purchase_option, place, instance_type, effective_at,
           arg_max(usd_per_hour, (kind, happened_at, source, event_id)) AS usd_per_hour,
           arg_max(price_source, (kind, happened_at, source, event_id)) AS price_source
    FROM prices SEMI JOIN price_keys USING (purchase_option, place, instance_type)
    GROUP BY ALL
)
SELECT purchase_option, place, instance_type, effective_at,
       coalesce(lead(effective_at) OVER (PARTITION BY purchase_option, place, instance_type ORDER BY effective_at),
                TIMESTAMP '9999-01-01') AS until_at,
       usd_per_hour, price_source
FROM best;

-- The times in which a price now differs from what was in force before.
CREATE OR REPLACE TEMP TABLE changed_prices AS
WITH known AS (SELECT price_spans.* FROM price_spans SEMI JOIN price_keys USING (purchase_option, place, instance_type))
SELECT purchase_option, place, instance_type, min(effective_at) AS from_at, max(until_at) AS to_at
FROM ((SELECT * FROM new_spans EXCEPT SELECT * FROM known) UNION ALL (SELECT * FROM known EXCEPT SELECT * FROM new_spans))
GROUP BY ALL;

DELETE FROM price_spans USING price_keys k
WHERE price_spans.purchase_option = k.purchase_option AND price_spans.place = k.place
  AND price_spans.instance_type = k.instance_type;
INSERT INTO price_spans SELECT * FROM new_spans;
