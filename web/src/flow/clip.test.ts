import { expect, test } from "vitest";
import { copy, paste } from "./clip";
import { read } from "./graph";

const FLOW = `flow: f
start: a
nodes:
  a: { applet: greeting, say: "A", next: b }
  # asks
  b: { applet: ivr, on: { 1: a, none: c } }
  c: { applet: hangup }
`;

test("a part is copied with its places, and pasted under free names", () => {
  const places = new Map([
    ["a", [0, 0] as const],
    ["b", [50, 90] as const],
  ]);
  const part = copy(FLOW, ["a", "b"], places);
  const pasted = paste(FLOW, part, [100, 100]);
  expect(pasted?.names).toEqual(["a-2", "b-2"]);
  const nodes = read(pasted?.text ?? "").graph?.nodes.slice(3);
  expect(nodes?.map(({ name, wires, position }) => ({ name, wires, position }))).toEqual([
    { name: "a-2", wires: [{ exit: "next", to: "b-2" }], position: [100, 100] },
    {
      name: "b-2",
      wires: [
        { exit: "1", to: "a-2" },
        { exit: "none", to: "c" },
      ],
      position: [150, 190],
    },
  ]);
  expect(pasted?.text.startsWith(FLOW)).toBe(true);
});

test("into another flow wires that lead nowhere are left out", () => {
  const pasted = paste("flow: g\n", copy(FLOW, ["b"], new Map()), [0, 0]);
  expect(read(pasted?.text ?? "").graph?.nodes).toMatchObject([{ name: "b", wires: [] }]);
});

test.each(["", "hello", "nodes: {", "nodes: {}"])("%j is no part of a flow", (part) => {
  expect(paste(FLOW, part, [0, 0])).toBeNull();
});
