"""Copies a call that a server has kept, so often: its record, and the lines of its journal.

fill.py DATABASE SID COUNT: the copies stand before it, a second apart, and the caller of the n-th is +91700 and n in seven digits,
newest first from 0. What the tables require of rows, keys and references too, is theirs to check.
"""

import json
import sqlite3
import sys
from datetime import datetime, timedelta


def main(path: str, sid: str, count: int) -> None:
    database = sqlite3.connect(path, timeout=30)
    database.execute("PRAGMA foreign_keys = ON")
    database.row_factory = sqlite3.Row
    call = dict(database.execute("SELECT * FROM calls WHERE sid = ?", [sid]).fetchone())
    journal = [row["body"] for row in database.execute("SELECT body FROM events WHERE call = ? ORDER BY seq", [call["id"]])]
    template = call.pop("record")
    del call["id"]
    with database:
        for at in range(count):
            row = {**call, **renamed(call, template, sid, at)}
            names = ", ".join(row)
            marks = ", ".join(f":{name}" for name in row)
            added = database.execute(f"INSERT INTO calls ({names}) VALUES ({marks})", row).lastrowid
            lines = [(added, seq, body.replace(sid, row["sid"])) for seq, body in enumerate(journal)]
            database.executemany("INSERT INTO events (call, seq, body) VALUES (?, ?, ?)", lines)


def renamed(call: dict, template: str, sid: str, at: int) -> dict:
    name, caller = f"{at:020x}{sid[20:]}", f"+91700{at:07d}"
    before = timedelta(seconds=at + 1)
    record = json.loads(template.replace(sid, name).replace(call["caller"], caller))
    for moment in ("created", "answered", "ended"):
        if record.get(moment):
            record[moment] = (datetime.fromisoformat(record[moment].replace("Z", "+00:00")) - before).isoformat()
    milliseconds = {moment: call[moment] - (at + 1) * 1000 for moment in ("created", "ended")}
    return {"sid": name, "caller": caller, "record": json.dumps(record), **milliseconds}


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
