-- All recordings, the newest first.
CREATE INDEX recordings_newest ON recordings (tenant, created, name);
