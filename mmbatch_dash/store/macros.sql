-- What the SQL of fold and queries has words of its own for.

-- The 64-bit key of an id: the first eight bytes of its SHA-256, none for none. Keys are kept on disk, so they must not
-- hang on DuckDB's hash(), which no version promises to keep.
CREATE OR REPLACE MACRO id_key(id) AS ('0x' || left(sha256(id), 16))::UBIGINT;

CREATE OR REPLACE MACRO run_seconds(a, b) AS
    CASE WHEN b >= a THEN (epoch_us(b) - epoch_us(a)) / 1e6 WHEN a - b <= INTERVAL 5 MINUTE THEN 0 END;

CREATE OR REPLACE MACRO fresh_at(restored_at, started_at) AS
    CASE WHEN restored_at IS NULL THEN started_at WHEN started_at > restored_at THEN started_at ELSE restored_at END;

CREATE OR REPLACE MACRO zone_region(zone) AS
    nullif(regexp_extract(zone, '^([a-z]{2}(?:-[a-z0-9]+)+-[0-9]+)[a-z]?$', 1), '');
