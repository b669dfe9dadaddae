"""Runs docs/verify/verify.py over the vectors: a line each, what came of it."""

import json
import sys

sys.path.insert(0, sys.argv[1])
sys.dont_write_bytecode = True
from verify import Refused, verify

with open(sys.argv[1] + "/vectors.json", encoding="utf-8") as file:
    rows = json.load(file)["rows"]
for row in rows:
    try:
        verify(row["secrets"], row["method"], row["url"], row["headers"], row["body"].encode(), row["now"])
        print("ok")
    except Refused as refused:
        print(refused.code)
    except ValueError:
        print("bad_secret")
