// Written by `cargo xtask codegen`; the text is docs/verify/verify.mjs.
// Verifies callouts of passthru: Node 16 or later, its own modules only. docs/verify/README.md says what is signed.

import { createHash, createHmac, timingSafeEqual } from "node:crypto";

const TOLERANCE = 5 * 60; // seconds that two clocks may be apart

/** Why a request is not believed; `code` is for programs. */
export class Refused extends Error {
  constructor(code, why) {
    super(why);
    this.code = code;
  }
}

/** The bytes of a secret. An empty or broken one is refused, for anybody could sign with it. */
function key(secret) {
  const bytes = /^whsec_[0-9A-Za-z+/]+={0,2}$/.test(secret) ? Buffer.from(secret.slice(6), "base64") : "";
  if (bytes.length < 24) throw new TypeError("a secret is whsec_ and base64 of 24 bytes or more");
  return bytes;
}

/**
 * Returns if the request was signed with one of `secrets` (`whsec_...`), and throws Refused otherwise.
 *
 * url: the public one, as it was asked; headers: `request.headers`, names in lower case; body: a Buffer or string, as it
 * came; now: Unix seconds, Date.now() / 1000.
 */
export function verify(secrets, method, url, headers, body, now) {
  const keys = secrets.map(key);
  for (const name of ["webhook-id", "webhook-timestamp", "webhook-signature"]) {
    if (!headers[name]) throw new Refused("missing", `${name} is missing`);
  }
  const timestamp = headers["webhook-timestamp"];
  if (!/^[0-9]{1,12}$/.test(timestamp)) throw new Refused("malformed", "webhook-timestamp is not a number of seconds");
  const age = Math.floor(now) - Number(timestamp);
  if (age > TOLERANCE) throw new Refused("stale", `signed ${age} s ago`);
  if (age < -TOLERANCE) throw new Refused("future", `signed ${-age} s in the future`);
  const signatures = headers["webhook-signature"].split(" ").filter((part) => part.startsWith("v1,"));
  if (signatures.length === 0) throw new Refused("unknown_version", "no signature of version v1");
  const hash = createHash("sha256").update(body).digest("hex");
  const content = [headers["webhook-id"], timestamp, method, url, hash].join(".");
  const given = signatures.map((signature) => Buffer.from(signature));
  const fits = keys.some((key) => {
    const expected = Buffer.from("v1," + createHmac("sha256", key).update(content).digest("base64"));
    return given.some((signature) => signature.length === expected.length && timingSafeEqual(signature, expected));
  });
  if (!fits) throw new Refused("mismatch", "no signature fits: other secret, method, URL or body");
}
