-- Callouts are listed. One that a call waited for gets a row, made of its attempts; one of the outbox has a row already, and gets the
-- columns that lists are narrowed by. The wide indexes hold all of those, so that a list reads no row that it does not show.
-- `word` is `failure` in one word. `earlier` counts the attempts made before the row was last sent again.

CREATE TABLE inquiries (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant   TEXT NOT NULL,
    call     TEXT NOT NULL,
    callout  INTEGER NOT NULL,
    flow     TEXT NOT NULL,
    node     TEXT NOT NULL,
    applet   TEXT NOT NULL,
    origin   TEXT NOT NULL,
    method   TEXT NOT NULL,
    url      TEXT NOT NULL,
    created  INTEGER NOT NULL,
    took     INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    status   INTEGER,
    word     TEXT,
    UNIQUE (call, callout)
) STRICT;
CREATE INDEX inquiries_newest ON inquiries (tenant, created, id, flow, origin, status, word);

ALTER TABLE outbox ADD COLUMN flow TEXT NOT NULL DEFAULT '';
ALTER TABLE outbox ADD COLUMN word TEXT;
ALTER TABLE outbox ADD COLUMN earlier INTEGER NOT NULL DEFAULT 0;
CREATE INDEX outbox_created ON outbox (tenant, created, id, state, flow, origin, status, word);
UPDATE outbox SET word = CASE json_extract(failure, '$.failure')
    WHEN 'bad_url' THEN 'blocked' WHEN 'forbidden' THEN 'blocked' WHEN 'dns' THEN 'dns' WHEN 'connect' THEN 'refused'
    WHEN 'tls' THEN 'tls' WHEN 'timeout' THEN 'timeout' WHEN 'protocol' THEN 'bad-answer' ELSE 'cancelled' END
WHERE json_valid(failure);

-- The URL as attempts are counted by it: without userinfo and query.
ALTER TABLE attempts ADD COLUMN url TEXT NOT NULL DEFAULT '';
UPDATE attempts SET url = origin;
