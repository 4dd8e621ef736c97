-- The journal: what was accepted, domain by domain, in the order of commits. A position counts bytes of lines, as in the
-- files of a single machine; the lines of one commit are one row, compressed.
CREATE TABLE mmbatch.domains (
    domain text PRIMARY KEY,
    position bigint NOT NULL DEFAULT 0
);

CREATE TABLE mmbatch.journal (
    domain text NOT NULL,
    start_position bigint NOT NULL,
    length integer NOT NULL CHECK (length > 0),
    received_at timestamptz NOT NULL,
    lines bytea NOT NULL,
    -- Whether the events as they came were taken out of the lines.
    stripped boolean NOT NULL DEFAULT false,
    PRIMARY KEY (domain, start_position)
);
CREATE INDEX journal_to_strip ON mmbatch.journal (received_at) WHERE NOT stripped;
-- Compressed before it comes.
ALTER TABLE mmbatch.journal ALTER COLUMN lines SET STORAGE EXTERNAL;

-- Identities of what was accepted lately, by which repeats are recognised whichever server they reach.
CREATE TABLE mmbatch.seen (
    identity bigint PRIMARY KEY,
    digest bigint NOT NULL,
    received_at timestamptz NOT NULL
);
-- They come in the order of time, and old ones go.
CREATE INDEX seen_received_at ON mmbatch.seen USING brin (received_at);

-- Which journal this is: tables made from another one are not taken for its own.
CREATE TABLE mmbatch.journal_name (name uuid NOT NULL DEFAULT gen_random_uuid());
INSERT INTO mmbatch.journal_name DEFAULT VALUES;
