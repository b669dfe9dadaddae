import { expect, test } from "vitest";
import { contentType, FIRST, type Reply, told, written, wrong } from "./reply";

test.each<[Partial<Reply>, string]>([
  [{}, "200"],
  [{ status: " 503 " }, "503"],
  [{ status: "302", after: "800ms" }, "302@800ms"],
  [{ body: '{"select": "a:b"}' }, '200:{"select": "a:b"}'],
  [{ after: " 2s", body: "gold\nsilver" }, "200@2s:gold\nsilver"],
  [{ does: "timeout", body: "never said" }, "timeout"],
  [{ does: "refused", after: "1s" }, "refused"],
])("%o is written %s", (reply, text) => expect(written({ ...FIRST, ...reply })).toBe(text));

test.each<[Partial<Reply>, string | null]>([
  [{}, null],
  [{ status: "" }, "Nothing is no status: write one from 100 to 599."],
  [{ status: "2000" }, "2000 is no status: write one from 100 to 599."],
  [{ after: "soon" }, "soon is no time: write 800ms or 2s."],
  [{ after: "2" }, null],
  [{ does: "refused", status: "x" }, null],
])("of %o it is told: %s", (reply, text) => expect(wrong({ ...FIRST, ...reply })).toBe(text));

test("a body that begins as an object is JSON", () => {
  expect([contentType(' {"a": 1}'), contentType("gold")]).toEqual(["application/json", "text/plain"]);
});

test("a site says one thing, or several in turn; one that is gone from the flow says nothing", () => {
  const first = { ...FIRST, status: "500" };
  const replies = { a: [first, FIRST], b: [FIRST], c: [], gone: [FIRST] };
  expect(told(["a", "b", "c", "d"], replies)).toEqual({ a: ["500", "200"], b: "200" });
});
