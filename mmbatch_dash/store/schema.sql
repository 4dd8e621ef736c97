-- The folded store. Everything in it can be rebuilt from the journal.
-- Times are UTC without zone; keys ending in _key are 64-bit digests of the id beside them (macro id_key).
-- Tables come in pairs: *_live holds jobs in motion and is rewritten often, *_done holds what has ended
-- and is only appended to, so that history never slows what is live. The views join the pairs. What retention.jobs
-- removes from the lists goes on in *_removed.

CREATE TABLE IF NOT EXISTS meta (name VARCHAR, value VARCHAR);

CREATE TABLE IF NOT EXISTS rejects (
    reject_id VARCHAR, received_at TIMESTAMP, error VARCHAR, place BIGINT, event_id VARCHAR,
    door VARCHAR, file VARCHAR, raw VARCHAR, options VARCHAR, position BIGINT, settled VARCHAR
);

CREATE TABLE IF NOT EXISTS event_counts (type VARCHAR, understood BOOLEAN, events BIGINT);

CREATE TABLE IF NOT EXISTS notices (
    identity UBIGINT, digest UBIGINT, instance_key UBIGINT, instance_id VARCHAR, notice_kind VARCHAR,
    noticed_at TIMESTAMP, action VARCHAR, action_at TIMESTAMP, position BIGINT
);

CREATE TABLE IF NOT EXISTS instance_facts (
    identity UBIGINT, digest UBIGINT, rank UTINYINT, happened_at TIMESTAMP, source VARCHAR, event_id VARCHAR,
    instance_key UBIGINT, instance_id VARCHAR, container_instance_arn VARCHAR, instance_type VARCHAR,
    availability_zone VARCHAR, purchase_option VARCHAR, instance_launched_at TIMESTAMP,
    instance_terminated_at TIMESTAMP, instance_gone_at TIMESTAMP, node_vcpus DOUBLE, node_memory_mib DOUBLE
);

-- One row an instance, the merge of its facts; instance_key is of the id, else the container instance ARN.
CREATE TABLE IF NOT EXISTS instances (
    instance_key UBIGINT, arn_key UBIGINT, instance_id VARCHAR, container_instance_arn VARCHAR,
    instance_type VARCHAR, availability_zone VARCHAR, purchase_option VARCHAR,
    instance_launched_at TIMESTAMP, instance_terminated_at TIMESTAMP, gone_at TIMESTAMP[],
    node_vcpus DOUBLE, node_memory_mib DOUBLE
);

CREATE TABLE IF NOT EXISTS nodes (
    node_key UBIGINT, node_id VARCHAR, instance_id VARCHAR, instance_type VARCHAR, availability_zone VARCHAR,
    purchase_option VARCHAR, instance_launched_at TIMESTAMP, vcpus DOUBLE, memory_mib DOUBLE,
    engine_version VARCHAR, job_ids VARCHAR[], registered_at TIMESTAMP, last_heartbeat_at TIMESTAMP,
    stopped_at TIMESTAMP, gone_at TIMESTAMP[], first_seen_at TIMESTAMP, told_at TIMESTAMP
);

CREATE TABLE IF NOT EXISTS prices (
    identity UBIGINT, digest UBIGINT, kind UTINYINT, happened_at TIMESTAMP, source VARCHAR, event_id VARCHAR,
    place VARCHAR, region VARCHAR, availability_zone VARCHAR, instance_type VARCHAR, purchase_option VARCHAR,
    usd_per_hour DOUBLE, effective_at TIMESTAMP, price_source VARCHAR
);

-- The price in force from effective_at until until_at, one row a change; place is a zone for spot, else a region.
CREATE TABLE IF NOT EXISTS price_spans (
    purchase_option VARCHAR, place VARCHAR, instance_type VARCHAR, effective_at TIMESTAMP, until_at TIMESTAMP,
    usd_per_hour DOUBLE, price_source VARCHAR
);

-- Instances EC2 took back within an hour of their launch: free of charge.
CREATE TABLE IF NOT EXISTS free_instances (instance_key UBIGINT, instance_id VARCHAR);

-- When a sync or an imported file last found a job open. It says no more of it, and makes no job.
CREATE TABLE IF NOT EXISTS sightings (job_key UBIGINT, seen_at TIMESTAMP);

-- Instances on which the engine ever called an attempt reclaimed: where a free hour is to be looked for.
CREATE TABLE IF NOT EXISTS reclaimed_instances (instance_key UBIGINT);

-- Jobs another job names as its parent: containers, whatever else is said of them.
CREATE TABLE IF NOT EXISTS parents (parent_key UBIGINT);

-- The on-demand list that ships with the product; what is observed or imported comes before it. A price holds from
-- effective_at until until_at; derived where it follows from another size of its family.
CREATE TABLE IF NOT EXISTS shipped_prices (
    region VARCHAR, instance_type VARCHAR, usd_per_hour DOUBLE, effective_at TIMESTAMP, until_at TIMESTAMP, derived BOOLEAN
);

-- Sizes of instance types: rank 0 ships with the product, what AWS told comes before it.
CREATE TABLE IF NOT EXISTS instance_type_facts (
    identity UBIGINT, rank UTINYINT, happened_at TIMESTAMP, source VARCHAR, event_id VARCHAR,
    instance_type VARCHAR, vcpus DOUBLE, memory_mib DOUBLE
);
CREATE OR REPLACE VIEW instance_sizes AS
SELECT instance_type, arg_max(vcpus, (rank, happened_at, source, event_id)) AS vcpus,
       arg_max(memory_mib, (rank, happened_at, source, event_id)) AS memory_mib
FROM instance_type_facts GROUP BY instance_type;

-- Jobs waiting to be costed again, or derived again as a whole, after a price, a size or a setting changed.
CREATE TABLE IF NOT EXISTS pending_jobs (job_key UBIGINT, whole BOOLEAN);
