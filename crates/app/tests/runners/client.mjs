// Reads requests with clients/typescript: a line of JSON each, as they come on a line of JSON each.

import { readFileSync } from "node:fs";

const { Unreadable, keys, moment, parseForm, parseJson } = await import(process.argv[2]);
for (const line of readFileSync(0, "utf8").trimEnd().split("\n")) {
  const { form, json } = JSON.parse(line);
  try {
    const call = json === undefined ? parseForm(form) : parseJson(json);
    const created = moment(call.classic.Created)?.toISOString() ?? null;
    const ended = moment(call.classic.EndTime)?.toISOString() ?? null;
    console.log(JSON.stringify({ ...call, keys: keys(call.classic) ?? null, created, ended }));
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    console.log(JSON.stringify({ unreadable: error.message }));
  }
}
