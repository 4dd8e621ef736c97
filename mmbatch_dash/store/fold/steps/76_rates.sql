-- The paid and the on-demand rate of each attempt (docs/definitions.md section 2, Rates).
-- A share scales both rates; a free hour is free whatever the share, and what has no known share has no rate.
-- reads: costing, price_spans, shipped_prices, pricing, free_instances
-- makes: rated
-- when: attempts

CREATE OR REPLACE TEMP TABLE rated AS
WITH spot_rates AS (
    SELECT c.job_key, c.attempt,
           CASE WHEN bool_or(s.effective_at <= c.started_at) THEN
               CASE WHEN any_value(c.run_seconds) > 0 AND any_value(c.ended_at) IS NOT NULL THEN
                   sum(s.usd_per_hour * (epoch_us(least(s.until_at, c.ended_at)) - epoch_us(greatest(s.effective_at, c.started_at)))
                       ORDER BY s.effective_at) / (any_value(epoch_us(c.ended_at) - epoch_us(c.started_at)))
               ELSE any_value(s.usd_per_hour) FILTER (s.effective_at <= c.started_at) END END AS usd_per_hour,
           max(s.effective_at) FILTER (s.effective_at <= c.started_at) AS price_at
    FROM costing c
    JOIN price_spans s ON s.purchase_option = 'spot' AND s.place = c.availability_zone AND s.instance_type = c.instance_type
     AND s.until_at > c.started_at
     AND (s.effective_at <= c.started_at OR (c.run_seconds > 0 AND s.effective_at < c.ended_at))
    WHERE c.purchase_option = 'spot'
    GROUP BY ALL
), on_demand_rates AS (
    SELECT c.job_key, c.attempt, coalesce(any_value(s.usd_per_hour), any_value(l.usd_per_hour)) AS usd_per_hour,
           coalesce(any_value(s.effective_at), any_value(l.effective_at)) AS price_at,
           coalesce(any_value(s.price_source), 
                    CASE WHEN any_value(l.usd_per_hour) IS NULL THEN NULL
                         WHEN any_value(l.derived) THEN 'shipped list (derived)' ELSE 'shipped list' END) AS price_source
    FROM costing c
    LEFT JOIN price_spans s ON s.purchase_option = 'on-demand' AND s.place = c.region AND s.instance_type = c.instance_type
         AND s.effective_at <= c.started_at AND c.started_at < s.until_at
    LEFT JOIN shipped_prices l ON l.region = c.region AND l.instance_type = c.instance_type
         AND l.effective_at <= c.started_at AND c.started_at < l.until_at
    GROUP BY ALL
), whole_rates AS (
    SELECT c.job_key, c.attempt, c.shared, c.asked_share, c.share,
           CASE WHEN p.attribution = 'share' THEN c.share ELSE 1 END AS charged,
           p.free_first_hour AND free.instance_key IS NOT NULL AND c.purchase_option IS DISTINCT FROM 'on-demand'
           AND c.platform IS DISTINCT FROM 'FARGATE' AS is_free,
           CASE WHEN c.is_unpriced THEN NULL
                WHEN c.reported_usd_per_hour IS NOT NULL THEN 'reported'
                WHEN c.purchase_option = 'spot' AND spot.usd_per_hour IS NOT NULL THEN 'spot_history'
                WHEN c.purchase_option = 'spot' AND od.usd_per_hour * (1 - p.assumed_spot_discount) IS NOT NULL THEN 'assumed'
                WHEN c.purchase_option = 'on-demand' AND od.usd_per_hour IS NOT NULL THEN 'price_list' END AS rate_source,
           c.reported_usd_per_hour, c.started_at, spot.usd_per_hour AS spot_usd_per_hour, spot.price_at AS spot_price_at,
           p.assumed_spot_discount,
           CASE WHEN NOT c.is_unpriced THEN od.usd_per_hour END AS on_demand_usd_per_hour,
           od.price_at AS on_demand_price_at, od.price_source AS on_demand_source
    FROM (
        -- Fargate has no instance; the instance of an EKS job is known by its id, or by its type, zone and option.
        SELECT *, coalesce(platform = 'FARGATE', false)
                  OR (coalesce(platform = 'EKS', false) AND instance_key IS NULL
                      AND (instance_type IS NULL OR availability_zone IS NULL OR purchase_option IS NULL)) AS is_unpriced
        FROM costing
    ) c CROSS JOIN pricing p
    LEFT JOIN free_instances free USING (instance_key)
    LEFT JOIN spot_rates spot ON spot.job_key = c.job_key AND spot.attempt = c.attempt
    LEFT JOIN on_demand_rates od ON od.job_key = c.job_key AND od.attempt = c.attempt
), regular_rates AS (
    SELECT *, CASE rate_source WHEN 'reported' THEN reported_usd_per_hour * charged
                               WHEN 'spot_history' THEN spot_usd_per_hour * charged
                               WHEN 'assumed' THEN on_demand_usd_per_hour * (1 - assumed_spot_discount) * charged
                               WHEN 'price_list' THEN on_demand_usd_per_hour * charged END AS regular_usd_per_hour
    FROM whole_rates
)
SELECT job_key, attempt, shared, asked_share, share, regular_usd_per_hour,
       CASE WHEN is_free THEN 0 ELSE regular_usd_per_hour END AS usd_per_hour,
       CASE WHEN is_free THEN 'free_hour' WHEN charged IS NOT NULL THEN rate_source END AS rate_source,
       CASE WHEN is_free THEN NULL
            WHEN rate_source = 'reported' THEN started_at
            WHEN rate_source = 'spot_history' THEN spot_price_at
            WHEN rate_source IN ('assumed', 'price_list') THEN on_demand_price_at END AS price_at,
       on_demand_usd_per_hour * charged AS on_demand_usd_per_hour, on_demand_price_at, on_demand_source
FROM regular_rates;
