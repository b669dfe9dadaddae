-- The SIP messages of calls, packed: one row a call. They go with the call.

CREATE TABLE traces (
    call     INTEGER PRIMARY KEY REFERENCES calls (id) ON DELETE CASCADE,
    began    INTEGER NOT NULL,
    left_out INTEGER NOT NULL,
    body     BLOB NOT NULL
) STRICT;
