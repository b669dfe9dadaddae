// Runs docs/verify/verify.mjs over the vectors: a line each, what came of it.

import { readFileSync } from "node:fs";

const folder = process.argv[2];
const { Refused, verify } = await import(`${folder}/verify.mjs`);
for (const row of JSON.parse(readFileSync(`${folder}/vectors.json`, "utf8")).rows) {
  try {
    verify(row.secrets, row.method, row.url, row.headers, row.body, row.now);
    console.log("ok");
  } catch (error) {
    if (!(error instanceof Refused || error instanceof TypeError)) throw error;
    console.log(error.code ?? "bad_secret");
  }
}
