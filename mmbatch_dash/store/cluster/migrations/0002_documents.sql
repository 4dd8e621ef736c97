-- What all servers of a cluster share beside the journal. A document is swapped by its version.
CREATE TABLE mmbatch.documents (
    name text PRIMARY KEY,
    version bigint NOT NULL DEFAULT 1,
    content bytea NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now()
);

-- Every version of those documents that keep theirs.
CREATE TABLE mmbatch.document_history (
    name text NOT NULL,
    version bigint NOT NULL,
    content bytea NOT NULL,
    PRIMARY KEY (name, version)
);

CREATE TABLE mmbatch.logs (
    log text NOT NULL,
    id bigint GENERATED ALWAYS AS IDENTITY,
    line text NOT NULL,
    PRIMARY KEY (log, id)
);

-- People who signed in. The key in the browser is not here, only its digest; tokens of the user pool are encrypted by
-- that key, so that nobody who reads the table can use them.
CREATE TABLE mmbatch.sessions (
    id bytea PRIMARY KEY,
    name text NOT NULL,
    kind text NOT NULL,
    role text NOT NULL,
    stamp text NOT NULL,
    began_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL,
    sealed bytea
);
CREATE INDEX sessions_of ON mmbatch.sessions (name, kind);
