-- What whoever asked for a call is owed at its end, from the call's beginning until that is in the outbox.

ALTER TABLE calls ADD COLUMN promise TEXT;
CREATE INDEX calls_promised ON calls (id) WHERE promise IS NOT NULL;
