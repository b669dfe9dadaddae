-- Each request of each callout, with all that is known of it: `body` is the attempt as JSON, the columns beside it are for finding
-- and counting. Durations are microseconds. The call is named and not referred to: an attempt may be known before its call is
-- durable. `kind` is sync, async, shadow or replay.

CREATE TABLE attempts (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant     TEXT NOT NULL,
    call       TEXT NOT NULL,
    callout    INTEGER NOT NULL,
    number     INTEGER NOT NULL,
    kind       TEXT NOT NULL,
    flow       TEXT NOT NULL,
    node       TEXT NOT NULL,
    applet     TEXT NOT NULL,
    origin     TEXT NOT NULL,
    began      INTEGER NOT NULL,
    took       INTEGER NOT NULL,
    dns        INTEGER,
    connect    INTEGER,
    tls        INTEGER,
    first_byte INTEGER,
    body_time  INTEGER,
    status     INTEGER,
    failure    TEXT,
    body       TEXT NOT NULL
) STRICT;
CREATE INDEX attempts_newest ON attempts (tenant, began, id);
CREATE INDEX attempts_of_call ON attempts (call, callout, number);
