-- The outbox is looked through by origin, so that rows owed to a dead one are passed over and not read. Rows from before share one.

ALTER TABLE outbox ADD COLUMN origin TEXT NOT NULL DEFAULT '';
DROP INDEX outbox_due;
DROP INDEX outbox_running;
CREATE INDEX outbox_due ON outbox (origin, due, id) WHERE state = 'waiting';
CREATE INDEX outbox_running ON outbox (origin) WHERE state = 'running';
