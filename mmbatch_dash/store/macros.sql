-- What the SQL of fold and queries has words of its own for.

-- The 64-bit key of an id: the first eight bytes of its SHA-256, none for none. Keys are kept on disk, so they must not
-- hang on DuckDB's hash(), which no version promises to keep.
CREATE OR REPLACE MACRO id_key(id) AS ('0x' || left(sha256(id), 16))::UBIGINT;

CREATE OR REPLACE MACRO run_seconds(a, b) AS
    CASE WHEN b >= a THEN (epoch_us(b) - epoch_us(a)) / 1e6 WHEN a - b <= INTERVAL 5 MINUTE THEN 0 END;

CREATE OR REPLACE MACRO fresh_at(restored_at, started_at) AS
    CASE WHEN restored_at IS NULL THEN started_at WHEN started_at > restored_at THEN started_at ELSE restored_at END;

-- The region of a zone: its name without the letter, or what a zone id such as euw1-az1 or usw2-lax1-az1 stands for.
CREATE OR REPLACE MACRO zone_region(zone) AS
    CASE WHEN regexp_matches(zone, '^[a-z]{3,5}[0-9]+-(?:[a-z0-9]+-)*(?:az|wlz)[0-9]+$')
         -- The id of a zone (euw1-az1) names its region in short.
         THEN concat(CASE WHEN starts_with(zone, 'usg') THEN 'us-gov' ELSE zone[1:2] END, '-',
                     CASE regexp_extract(zone, '^(?:usg|[a-z]{2})([a-z]+)[0-9]', 1)
                          WHEN 'e' THEN 'east' WHEN 'w' THEN 'west' WHEN 'n' THEN 'north' WHEN 's' THEN 'south'
                          WHEN 'c' THEN 'central' WHEN 'ne' THEN 'northeast' WHEN 'nw' THEN 'northwest'
                          WHEN 'se' THEN 'southeast' WHEN 'sw' THEN 'southwest' END, '-',
                     regexp_extract(zone, '^[a-z]+([0-9]+)', 1))
         ELSE nullif(regexp_extract(zone, '^([a-z]{2}(?:-[a-z0-9]+)+-[0-9]+)[a-z]?$', 1), '') END;

-- Whether a fact proves that its attempt ran: a start, a checkpoint or a restore, whoever tells of it.
CREATE OR REPLACE MACRO tells_of_running(type, started_at) AS
    started_at IS NOT NULL OR starts_with(type, 'mmbatch.checkpoint.') OR starts_with(type, 'mmbatch.restore.');
