-- Calls get a number beside their name. Names are random, so rows kept in their order are written all over the file; numbers
-- count up, so the journals of calls that run at the same time lie side by side.

CREATE TABLE new_calls (
    id      INTEGER PRIMARY KEY,
    sid     TEXT NOT NULL UNIQUE,
    tenant  TEXT NOT NULL,
    owner   TEXT NOT NULL,
    epoch   INTEGER NOT NULL,
    caller  TEXT NOT NULL,
    callee  TEXT NOT NULL,
    flow    TEXT,
    state   TEXT NOT NULL,
    created INTEGER NOT NULL,
    ended   INTEGER,
    record  TEXT NOT NULL
) STRICT;
INSERT INTO new_calls SELECT rowid, * FROM calls ORDER BY rowid;

CREATE TABLE new_events (
    call INTEGER NOT NULL REFERENCES new_calls (id),
    seq  INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (call, seq)
) STRICT, WITHOUT ROWID;
INSERT INTO new_events SELECT calls.rowid, seq, body FROM events JOIN calls ON calls.sid = events.call ORDER BY 1, 2;

CREATE TABLE new_outbox (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant   TEXT NOT NULL,
    owner    TEXT,
    epoch    INTEGER,
    call     INTEGER NOT NULL REFERENCES new_calls (id),
    callout  INTEGER NOT NULL,
    request  TEXT NOT NULL,
    attempt  INTEGER NOT NULL,
    due      INTEGER NOT NULL,
    state    TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'delivered', 'dead')),
    created  INTEGER NOT NULL,
    finished INTEGER,
    status   INTEGER,
    failure  TEXT,
    UNIQUE (call, callout)
) STRICT;
-- Numbers of rows that are gone are not given again.
INSERT INTO sqlite_sequence SELECT 'new_outbox', seq FROM sqlite_sequence WHERE name = 'outbox';
INSERT INTO new_outbox
SELECT outbox.id, outbox.tenant, outbox.owner, outbox.epoch, calls.rowid, callout, request, attempt, due, outbox.state,
       outbox.created, finished, status, failure
FROM outbox JOIN calls ON calls.sid = outbox.call;

DROP TABLE outbox;
DROP TABLE events;
DROP TABLE calls;
ALTER TABLE new_calls RENAME TO calls;
ALTER TABLE new_events RENAME TO events;
ALTER TABLE new_outbox RENAME TO outbox;

CREATE INDEX calls_newest ON calls (tenant, created, sid);
CREATE INDEX calls_running ON calls (owner) WHERE ended IS NULL;
CREATE INDEX outbox_due ON outbox (due, id) WHERE state = 'waiting';
CREATE INDEX outbox_running ON outbox (owner) WHERE state = 'running';
CREATE INDEX outbox_delivered ON outbox (finished) WHERE state = 'delivered';
CREATE INDEX outbox_newest ON outbox (tenant, id);
