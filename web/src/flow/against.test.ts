import { expect, test } from "vitest";
import { against, told } from "./against";
import { type Graph, read } from "./graph";

const graph = (nodes: string, start = "a") => read(`start: ${start}\nnodes:\n${nodes}`).graph as Graph;

const BEFORE = `  a: { applet: ivr, say: "Hi.", on: { 1: b, none: c } }
  b: { applet: greeting, say: "B", next: c }
  c: { applet: hangup }
`;

const ROWS: [what: string, after: Graph, line: string][] = [
  ["nothing", graph(BEFORE), "the same steps"],
  ["where a step is drawn", graph(`${BEFORE}layout: { a: [1, 2] }\n`), "the same steps"],
  ["the order of exits", graph(BEFORE.replace("1: b, none: c", "none: c, 1: b")), "the same steps"],
  ["a setting", graph(BEFORE.replace('"B"', '"C"')), "1 changed"],
  ["a wire", graph(BEFORE.replace("1: b", "1: c")), "1 changed"],
  ["an applet", graph(BEFORE.replace("hangup", "pause")), "1 changed"],
  ["a step more", graph(`${BEFORE}  d: { applet: hangup }\n`), "1 added"],
  ["a step less", graph(BEFORE.replace(/ {2}b:.*\n/, "")), "gone: b"],
  ["another name", graph(BEFORE.replace("  c:", "  e:")), "1 added, gone: c"],
  ["the start", graph(BEFORE, "b"), "another start"],
];

test.each(ROWS)("%s", (_, after, line) => {
  expect(told(against(4, graph(BEFORE), after))).toBe(`Against version 4: ${line}`);
});

test("each step that differs is told, and a few of those that are gone", () => {
  const { steps, gone } = against(1, graph(BEFORE), graph(BEFORE.replace("  b:", "  x:").replace('"Hi."', '"Ho."')));
  expect([[...steps], gone]).toEqual([
    [
      ["a", "changed"],
      ["x", "added"],
    ],
    ["b"],
  ]);
  const all = { version: 1, steps: new Map(), gone: ["a", "b", "c", "d", "e"], start: false };
  expect(told(all)).toBe("Against version 1: gone: a, b, c and 2 more");
});
