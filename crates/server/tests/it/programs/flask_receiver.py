"""A receiver as Flask programmers write it: every name of the query is a key of its own."""

import json
import os
import sys

from flask import Flask, request

app = Flask(__name__)


@app.get("/calls")
def told():
    with open(os.environ["TOLD"], "a", encoding="utf-8") as file:
        file.write(json.dumps(request.args.to_dict()) + "\n")
    return "OK"


app.run(host="127.0.0.1", port=int(sys.argv[1]))
