-- The calls, their journals, and the asynchronous callouts owed for them. Times are unix milliseconds.

-- Every start of an owner begins a new epoch: what an older epoch still holds is nobody's any more.
CREATE TABLE owners (
    name  TEXT PRIMARY KEY,
    epoch INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- One call record a call: `record` is the fold of its journal as JSON, the columns beside it are for finding it.
CREATE TABLE calls (
    sid     TEXT PRIMARY KEY,
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
CREATE INDEX calls_newest ON calls (tenant, created, sid);
CREATE INDEX calls_running ON calls (owner) WHERE ended IS NULL;

-- The journal: one line an event, as JSON.
CREATE TABLE events (
    call TEXT NOT NULL REFERENCES calls (sid),
    seq  INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (call, seq)
) STRICT, WITHOUT ROWID;

-- The outbox. `owner` and `epoch` say who runs the row while it is `running`; `attempt` counts the attempts begun.
CREATE TABLE outbox (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant   TEXT NOT NULL,
    owner    TEXT,
    epoch    INTEGER,
    call     TEXT NOT NULL REFERENCES calls (sid),
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
CREATE INDEX outbox_due ON outbox (due, id) WHERE state = 'waiting';
CREATE INDEX outbox_running ON outbox (owner) WHERE state = 'running';
CREATE INDEX outbox_delivered ON outbox (finished) WHERE state = 'delivered';
CREATE INDEX outbox_newest ON outbox (tenant, id);
