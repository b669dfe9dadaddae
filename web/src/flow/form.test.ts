import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { entered, type Field, fieldsOf, type Kind, listOf, type Schema } from "./form";

const SCHEMA = JSON.parse(readFileSync(new URL("../../../docs/applets.schema.json", import.meta.url), "utf8"));
const APPLETS: Schema[] = SCHEMA.properties.nodes.additionalProperties.oneOf;

function fields(applet: string): Record<string, Field> {
  const schema = APPLETS.find(({ title }) => title === applet) as Schema;
  return Object.fromEntries(fieldsOf(schema, SCHEMA.$defs).map((field) => [field.name, field]));
}

const kind = (applet: string, field: string) => fields(applet)[field]?.kind as Kind;

test.each([
  ["greeting", "say", "list"],
  ["greeting", "interrupt", "switch"],
  ["gather", "max_digits", "number"],
  ["passthru", "url", "text"],
  ["passthru", "async", "switch"],
  ["passthru", "method", "choice"],
  ["passthru", "filler", "group"],
  ["passthru", "headers", "map"],
  ["passthru", "routes", "list"],
  ["connect", "to", "list"],
  ["connect", "whisper", "group"],
  ["connect", "record", "choice"],
  ["connect", "music", "choice"],
  ["hangup", "cause", "choice"],
  ["transfer", "flow", "flow"],
  ["pause", "for", "text"],
])("%s has %s as a %s", (applet, field, name) => {
  expect(kind(applet, field).kind).toBe(name);
});

test("fields say what they are for, what they are unless told, and how far they go", () => {
  const { timeout, url } = fields("passthru");
  expect([url?.required, timeout?.required]).toEqual([true, false]);
  expect(timeout?.kind).toMatchObject({ hint: "1s to 1m" });
  expect(fields("gather").timeout?.fallback).toBe("5s");
  expect(fields("greeting").say?.help).toMatch(/^A text to be spoken/);
  expect(kind("passthru", "method")).toMatchObject({
    choices: [{ value: "get", help: /^GET/ }, {}, {}].map(() => ({})),
  });
});

test("every field of every applet has a kind", () => {
  const all = APPLETS.flatMap((schema) => fieldsOf(schema, SCHEMA.$defs));
  expect(all.length).toBeGreaterThan(60);
  expect(all.filter((field) => field.kind === undefined)).toEqual([]);
});

test("what is written becomes what stands in the document", () => {
  expect(entered({ kind: "number" }, "7")).toBe(7);
  expect(entered({ kind: "text", long: false, hint: "" }, "7")).toBe("7");
  expect(entered({ kind: "choice", choices: [], free: true }, "17")).toBe(17);
  expect(entered({ kind: "number" }, "")).toBeUndefined();
  expect([listOf(undefined), listOf("a"), listOf(["a"])]).toEqual([[], ["a"], ["a"]]);
});
