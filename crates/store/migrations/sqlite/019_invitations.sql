-- Whose link it is: somebody who is among the people already. Null if it makes whoever comes by it an administrator.

ALTER TABLE welcomes ADD COLUMN name TEXT;
