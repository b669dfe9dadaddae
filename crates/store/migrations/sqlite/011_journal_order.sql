-- Lines of all journals lie in the order in which they were written: what is committed together lies on few pages, though it is of many
-- calls. One call's journal is found by its index.

CREATE TABLE written (
    id   INTEGER PRIMARY KEY,
    call INTEGER NOT NULL REFERENCES calls (id),
    seq  INTEGER NOT NULL,
    body TEXT NOT NULL,
    UNIQUE (call, seq)
) STRICT;
INSERT INTO written (call, seq, body) SELECT call, seq, body FROM events ORDER BY call, seq;
DROP TABLE events;
ALTER TABLE written RENAME TO events;
