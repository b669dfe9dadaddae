-- Whose message a recording is, if it is one. Messages are listed by mailbox, newest first.

ALTER TABLE recordings ADD COLUMN mailbox TEXT;
CREATE INDEX recordings_of_mailbox ON recordings (tenant, mailbox, created, name) WHERE mailbox IS NOT NULL;
