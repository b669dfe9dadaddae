"""Verifies callouts of passthru: Python 3.8 or later, its standard library only. README.md says what is signed."""

import base64
import hashlib
import hmac
import re

TOLERANCE = 5 * 60  # seconds that two clocks may be apart


class Refused(Exception):
    """Why a request is not believed; `code` is for programs."""

    def __init__(self, code, why):
        super().__init__(why)
        self.code = code


def key(secret):
    """The bytes of a secret. An empty or broken one is refused, for anybody could sign with it."""
    prefix, encoded = secret[:6], secret[6:]
    decoded = base64.b64decode(encoded, validate=True) if prefix == "whsec_" else b""
    if len(decoded) < 24:
        raise ValueError("a secret is whsec_ and base64 of 24 bytes or more")
    return decoded


def verify(secrets, method, url, headers, body, now):
    """Returns if the request was signed with one of `secrets` (`whsec_...`), and raises Refused otherwise.

    url: the public one, as it was asked; headers: anything with `get`, names in lower case unless it ignores case;
    body: bytes; now: Unix seconds, time.time().
    """
    keys = [key(secret) for secret in secrets]
    value = {}
    for name in ("webhook-id", "webhook-timestamp", "webhook-signature"):
        value[name] = headers.get(name)
        if not value[name]:
            raise Refused("missing", f"{name} is missing")
    timestamp = value["webhook-timestamp"]
    if not re.fullmatch("[0-9]{1,12}", timestamp):
        raise Refused("malformed", "webhook-timestamp is not a number of seconds")
    age = int(now) - int(timestamp)
    if age > TOLERANCE:
        raise Refused("stale", f"signed {age} s ago")
    if age < -TOLERANCE:
        raise Refused("future", f"signed {-age} s in the future")
    signatures = [part[3:].encode() for part in value["webhook-signature"].split(" ") if part.startswith("v1,")]
    if not signatures:
        raise Refused("unknown_version", "no signature of version v1")
    content = ".".join([value["webhook-id"], timestamp, method, url, hashlib.sha256(body).hexdigest()])
    for one in keys:
        expected = base64.b64encode(hmac.new(one, content.encode(), hashlib.sha256).digest())
        if any([hmac.compare_digest(expected, signature) for signature in signatures]):
            return
    raise Refused("mismatch", "no signature fits: other secret, method, URL or body")
