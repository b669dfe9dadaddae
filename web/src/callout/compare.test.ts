import { expect, test } from "vitest";
import { beside, told } from "./compare";

const signs = (left: string, right: string) =>
  beside(left, right).map((pair) => `${pair.same ? "=" : "≠"} ${pair.left ?? "·"} | ${pair.right ?? "·"}`);

test.each<[string, string, string[]]>([
  ["200", "200", ["= 200 | 200"]],
  ["500\na", "200\na", ["≠ 500 | 200", "= a | a"]],
  ["a\nb\nc", "a\nx\ny\nc", ["= a | a", "≠ b | x", "≠ · | y", "= c | c"]],
  ["a\nb", "a", ["= a | a", "≠ b | ·"]],
])("%j beside %j", (left, right, pairs) => expect(signs(left, right)).toEqual(pairs));

const answer = (status: number, headers: [string, string][], text?: string) => ({
  status,
  headers: headers.map(([name, value]) => ({ name, value })),
  body: text === undefined ? null : { text, bytes: text.length },
  truncated: false,
});

test("an answer is told by status, fields in order of their names, and a body that can be read", () => {
  const headers: [string, string][] = [
    ["X-B", "2"],
    ["Content-Type", "application/json"],
  ];
  expect(told({ answer: answer(200, headers, '{"select":"gold"}') })).toBe(
    '200\ncontent-type: application/json\nx-b: 2\n\n{\n  "select": "gold"\n}',
  );
  expect(told({ answer: answer(204, []) })).toBe("204");
});

test("a try without an answer is told by its failure", () => {
  expect(told({ failure: "connect", detail: "127.0.0.1:1: refused" })).toBe("connect: 127.0.0.1:1: refused");
  expect(told({ failure: "timeout", answer: null })).toBe("timeout");
  expect(told({})).toBe("no answer");
});
