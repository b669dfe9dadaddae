-- Who may use the console: people, their sessions, and links by which a first administrator comes in. A session's and a link's
-- secret is kept as its SHA-256, a password as a PHC string.

CREATE TABLE people (
    tenant   TEXT NOT NULL,
    name     TEXT NOT NULL,
    role     TEXT NOT NULL,
    password TEXT NOT NULL,
    created  INTEGER NOT NULL,
    PRIMARY KEY (tenant, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE sessions (
    hash   BLOB PRIMARY KEY,
    tenant TEXT NOT NULL,
    name   TEXT NOT NULL,
    seen   INTEGER NOT NULL,
    FOREIGN KEY (tenant, name) REFERENCES people (tenant, name) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_of_person ON sessions (tenant, name);

CREATE TABLE welcomes (
    hash    BLOB PRIMARY KEY,
    tenant  TEXT NOT NULL,
    expires INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
