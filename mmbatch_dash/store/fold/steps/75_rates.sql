-- The paid and the on-demand rate of each attempt (metrics.md section 2, Rates). In: costing. Out: rated.

CREATE OR REPLACE TEMP TABLE spot_rates AS
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
GROUP BY ALL;

CREATE OR REPLACE TEMP TABLE on_demand_rates AS
SELECT c.job_key, c.attempt, coalesce(any_value(s.usd_per_hour), any_value(l.usd_per_hour)) AS usd_per_hour,
       coalesce(any_value(s.effective_at), any_value(l.effective_at)) AS price_at,
       coalesce(any_value(s.price_source), CASE WHEN any_value(l.usd_per_hour) IS NOT NULL THEN 'shipped list' END) AS price_source
FROM costing c
LEFT JOIN price_spans s ON s.purchase_option = 'on-demand' AND s.place = c.region AND s.instance_type = c.instance_type
     AND s.effective_at <= c.started_at AND c.started_at < s.until_at
LEFT JOIN shipped_prices l ON l.region = c.region AND l.instance_type = c.instance_type AND l.effective_at <= c.started_at
GROUP BY ALL;

CREATE OR REPLACE TEMP TABLE rated AS
SELECT c.job_key, c.attempt, c.shared,
       CASE WHEN c.platform IN ('FARGATE', 'EKS') THEN NULL
            WHEN free.instance_key IS NOT NULL AND c.purchase_option = 'spot' THEN 0
            WHEN c.reported_usd_per_hour IS NOT NULL THEN c.reported_usd_per_hour
            WHEN c.purchase_option = 'spot' THEN coalesce(spot.usd_per_hour, od.usd_per_hour * (1 - p.assumed_spot_discount))
            WHEN c.purchase_option = 'on-demand' THEN od.usd_per_hour END AS usd_per_hour,
       CASE WHEN c.platform IN ('FARGATE', 'EKS') THEN NULL
            WHEN free.instance_key IS NOT NULL AND c.purchase_option = 'spot' THEN 'free_hour'
            WHEN c.reported_usd_per_hour IS NOT NULL THEN 'reported'
            WHEN c.purchase_option = 'spot' AND spot.usd_per_hour IS NOT NULL THEN 'spot_history'
            WHEN c.purchase_option = 'spot' AND od.usd_per_hour * (1 - p.assumed_spot_discount) IS NOT NULL THEN 'assumed'
            WHEN c.purchase_option = 'on-demand' AND od.usd_per_hour IS NOT NULL THEN 'price_list' END AS rate_source,
       CASE WHEN c.reported_usd_per_hour IS NOT NULL THEN c.started_at
            WHEN c.purchase_option = 'spot' AND spot.usd_per_hour IS NOT NULL THEN spot.price_at
            ELSE od.price_at END AS price_at,
       CASE WHEN c.platform IN ('FARGATE', 'EKS') THEN NULL ELSE od.usd_per_hour END AS on_demand_usd_per_hour,
       od.price_at AS on_demand_price_at, od.price_source AS on_demand_source
FROM costing c CROSS JOIN pricing p
LEFT JOIN free_instances free USING (instance_key)
LEFT JOIN spot_rates spot ON spot.job_key = c.job_key AND spot.attempt = c.attempt
LEFT JOIN on_demand_rates od ON od.job_key = c.job_key AND od.attempt = c.attempt;
