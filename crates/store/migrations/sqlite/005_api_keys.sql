-- Who may use the v1 API. Of a token only its SHA-256 is kept.

CREATE TABLE api_keys (
    name    TEXT PRIMARY KEY,
    tenant  TEXT NOT NULL,
    note    TEXT,
    hash    BLOB NOT NULL,
    created INTEGER NOT NULL,
    revoked INTEGER
) STRICT, WITHOUT ROWID;
