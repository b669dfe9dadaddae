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
