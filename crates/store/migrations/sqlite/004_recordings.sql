-- Recordings. The call is named and not referred to: a recording may be known before the first line of its call is durable.

CREATE TABLE recordings (
    name         TEXT PRIMARY KEY,
    tenant       TEXT NOT NULL,
    call         TEXT NOT NULL,
    channels     INTEGER NOT NULL,
    format       TEXT NOT NULL,
    state        TEXT NOT NULL,
    bytes        INTEGER NOT NULL,
    milliseconds INTEGER NOT NULL,
    created      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX recordings_of_call ON recordings (call, created);
