-- What lists of calls are narrowed by. `line` is our number, `called` whom the call is to, `seconds` its length once it is over.

ALTER TABLE calls ADD COLUMN direction TEXT NOT NULL DEFAULT 'incoming';
ALTER TABLE calls ADD COLUMN line TEXT NOT NULL DEFAULT '';
ALTER TABLE calls ADD COLUMN called TEXT NOT NULL DEFAULT '';
ALTER TABLE calls ADD COLUMN status TEXT NOT NULL DEFAULT 'completed';
ALTER TABLE calls ADD COLUMN seconds INTEGER;
UPDATE calls SET line = callee, called = callee, seconds = (ended - created) / 1000,
       status = CASE WHEN ended IS NULL THEN 'in-progress' ELSE 'completed' END;
