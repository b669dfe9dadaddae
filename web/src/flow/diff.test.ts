import { expect, test } from "vitest";
import { diff, hunks } from "./diff";

const signs = (before: string, after: string) =>
  diff(before, after).map(({ kind, text }) => `${{ same: " ", out: "-", in: "+" }[kind]}${text}`);

test.each([
  ["a", "a", [" a"]],
  ["a\nb\nc", "a\nx\nc", [" a", "-b", "+x", " c"]],
  ["a\nb", "a\nb\nc", [" a", " b", "+c"]],
  ["a\nb\nc\nd", "b\nd\ne", ["-a", " b", "-c", " d", "+e"]],
  ["a\na", "a", [" a", "-a"]],
])("%j becomes %j", (before, after, lines) => {
  expect(signs(before, after)).toEqual(lines);
});

test("lines far from a change are left out", () => {
  const lines = hunks(diff("1\n2\n3\n4\n5\n6", "1\n2\n3\nx\n5\n6"), 1).map((line) => line?.text ?? "…");
  expect(lines).toEqual(["…", "3", "4", "x", "5", "…"]);
});

test("texts that have too many lines between them are not compared line by line", () => {
  const many = (word: string) => ["head", ...Array.from({ length: 2100 }, (_, at) => `${word} ${at % 7}`)].join("\n");
  const kinds = diff(many("a"), many("b")).map(({ kind }) => kind);
  expect([kinds[0], kinds[1], kinds.lastIndexOf("out"), kinds.indexOf("in")]).toEqual(["same", "out", 2100, 2101]);
});
