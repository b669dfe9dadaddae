import { expect, test } from "vitest";
import { arrange, free, placed, sizeOf } from "./arrange";
import { find } from "./find";
import { type FlowNode, type Graph, read } from "./graph";
import { onward, portsOf } from "./ports";
import { neighbour } from "./walk";

const IVR = {
  exits: ["0 … 9, *, #", "invalid", "none"],
  example: "nodes: { m: { applet: ivr, on: { 1: a, invalid: m, none: b } } }",
};
const PASSTHRU = {
  exits: ["200", "a status, 404", "else"],
  example: "nodes: { p: { applet: passthru, on: { 200: a, else: b } } }",
};
const KEYS = [..."0123456789*#"].map((name) => ({ name, to: null, required: false }));
const MUST = ["none", "invalid"].map((name) => ({ name, to: null, required: true }));

function node(text: string): FlowNode {
  return read(`nodes: { n: ${text} }`).graph?.nodes[0] as FlowNode;
}

const names = (ports: { name: string }[]) => ports.map(({ name }) => name).join(" ");

test("ports are those that must be wired and those that are, the others lie behind a last one", () => {
  const { drawn, more, open } = portsOf(
    node("{ applet: ivr, on: { 1: a } }"),
    { applet: "ivr", exits: [...MUST, ...KEYS] },
    IVR,
  );
  expect([names(drawn), more.length, open]).toEqual(["none invalid 1", 11, false]);
  expect(drawn[2]).toEqual({ name: "1", to: "a", required: false });
});

test("a node that the compiler cannot read has the exits of its applet's example", () => {
  expect(names(portsOf(node("{ applet: passthru, on: { 404: x } }"), undefined, PASSTHRU).drawn)).toBe("200 else 404");
  expect(names(portsOf(node("{ applet: no, next: x }"), undefined, undefined).drawn)).toBe("next");
  expect(portsOf(node("{ applet: passthru }"), { applet: "ivr", exits: MUST }, PASSTHRU).open).toBe(true);
});

test("a new node goes on by `next`, or by its first exit", () => {
  expect(onward("passthru", PASSTHRU)).toBe("200");
  expect(onward("pause", { exits: ["next"], example: "nodes: { p: { applet: pause, next: x } }" })).toBe("next");
  expect(onward("hangup", { exits: [], example: "nodes: { p: { applet: hangup } }" })).toBeUndefined();
});

const CHAIN = read("start: a\nnodes: { c: { applet: x }, a: { applet: x, next: b }, b: { applet: x, next: c } }")
  .graph as Graph;
const size = (one: FlowNode) => sizeOf(one, portsOf(one, undefined, undefined));

test("nodes are arranged from the start downwards, none upon another", () => {
  const places = arrange(CHAIN, size);
  const heights = ["a", "b", "c"].map((name) => places.get(name)?.[1] ?? 0);
  expect(heights).toEqual([...heights].sort((a, b) => a - b));
  expect(new Set(heights).size).toBe(3);
});

test("a node without a place is drawn below the one that leads to it", () => {
  const graph = {
    ...CHAIN,
    nodes: CHAIN.nodes.map((one) => (one.name === "a" ? { ...one, position: [5, 10] as const } : one)),
  };
  const places = placed(graph, size);
  expect(places.get("a")).toEqual([5, 10]);
  expect(places.get("b")?.[1]).toBeGreaterThan(10);
  expect(free([5, 10], places)[0]).toBeGreaterThan(5);
});

test("focus moves to the nearest node in a direction", () => {
  const places = new Map(Object.entries({ a: [0, 0], b: [10, 100], c: [200, 90], d: [0, 300] } as const));
  expect(neighbour("a", "down", places)).toBe("b");
  expect(neighbour("b", "down", places)).toBe("d");
  expect(neighbour("b", "right", places)).toBe("c");
  expect(neighbour("a", "up", places)).toBeNull();
});

test("nodes are found by what is written in them", () => {
  const nodes = [node("{ applet: greeting, say: Welcome }"), { ...node("{ applet: ivr }"), name: "welcome-menu" }];
  expect(find(nodes, "welc").map(({ name }) => name)).toEqual(["welcome-menu", "n"]);
  expect(find(nodes, "greet welcome").map(({ name }) => name)).toEqual(["n"]);
});
