-- What was published of each flow, what is being written, and who changed what.

CREATE TABLE flow_versions (
    id       INTEGER PRIMARY KEY,
    tenant   TEXT NOT NULL,
    flow     TEXT NOT NULL,
    version  INTEGER NOT NULL, -- counts from 1, and no number is given twice
    document TEXT NOT NULL,
    author   TEXT NOT NULL,    -- `file` if the document was found changed
    message  TEXT NOT NULL,
    at       INTEGER NOT NULL, -- milliseconds since 1970
    UNIQUE (tenant, flow, version)
) STRICT;

CREATE TABLE flow_drafts (
    id       INTEGER PRIMARY KEY AUTOINCREMENT, -- anew at each save: what was read of one is known to be old by it
    tenant   TEXT NOT NULL,
    flow     TEXT NOT NULL,
    document TEXT NOT NULL,
    author   TEXT NOT NULL,
    at       INTEGER NOT NULL,
    UNIQUE (tenant, flow)
) STRICT;

CREATE TABLE audit (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant  TEXT NOT NULL,
    at      INTEGER NOT NULL,
    author  TEXT NOT NULL,
    action  TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail  TEXT NOT NULL
) STRICT;
