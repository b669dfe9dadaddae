-- Recordings that may be removed are found by their age.

CREATE INDEX recordings_by_age ON recordings (created, name) WHERE state IN ('ready', 'failed');
