import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { cut, joined } from "./cut";

const FLOWS = new URL("../../../flows/", import.meta.url);
const FILES = readdirSync(FLOWS).filter((file) => file.endsWith(".yaml") && !file.endsWith(".test.yaml"));

test.each(FILES)("%s is its pieces", (file) => {
  const text = readFileSync(new URL(file, FLOWS), "utf8");
  const pieces = cut(text);
  expect(pieces?.nodes.length).toBeGreaterThan(1);
  expect(pieces && joined(pieces)).toBe(text);
});

test("a node has the comments above it", () => {
  const pieces = cut(
    'flow: f\nnodes:\n  # first\n  a: { x: 1 }\n\n  # second\n  "b c":\n    y: |\n      z:\n\n  200: {}\nlayout:\n  a: [1, 2]\n',
  );
  expect(pieces).toEqual({
    head: "flow: f\nnodes:",
    nodes: [
      { name: "a", text: "  # first\n  a: { x: 1 }", line: 4 },
      { name: "b c", text: '\n  # second\n  "b c":\n    y: |\n      z:', line: 7 },
      { name: "200", text: "\n  200: {}", line: 11 },
    ],
    tail: "layout:\n  a: [1, 2]\n",
  });
});

test("what looks like a comment in a text is not the next node's", () => {
  const pieces = cut("nodes:\n  a:\n    say: |\n      # one\n  # of b\n  b: {}\n");
  expect(pieces?.nodes.map(({ text }) => text)).toEqual(["  a:\n    say: |\n      # one", "  # of b\n  b: {}\n"]);
});

test.each([
  "",
  "nodes: { a: {} }",
  '{"nodes": {}}',
  "nodes:\n  a: {}\n  a: {}",
  "nodes:\n  ? a\n  : {}",
  "nodes:\n  - a",
])("%j is read as a whole", (text) => expect(cut(text)).toBeNull());
