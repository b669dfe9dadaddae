"""A Passthru handler as a reader of the public article writes it: trims the quotes of `digits`, and answers 200 for the
one way and 302 for the other."""

import json
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


def choose(call):
    """Whether the call goes the first way."""
    if call.get("digits", "").strip('"') == "1":
        return True
    if call.get("CustomField"):
        return call["CustomField"].startswith("order-")
    return call.get("DialCallStatus") == "completed" and "RecordingUrl" in call


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        query = parse_qs(urlsplit(self.path).query, keep_blank_values=True)
        call = {name: values[0] for name, values in query.items()}
        with open(os.environ["TOLD"], "a", encoding="utf-8") as file:
            file.write(json.dumps(call) + "\n")
        self.send_response(200 if choose(call) else 302)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
