-- Reports that were given up are counted whenever somebody looks at the figures; they are few among all that were delivered.

CREATE INDEX outbox_dead ON outbox (id) WHERE state = 'dead';
