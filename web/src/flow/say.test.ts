import { expect, test } from "vitest";
import { read } from "./graph";
import { ownSteps, pathOf, stepsOf, versionOf, wireId } from "./path";
import { byNode, type Diagnostic, ofField, sorted, tally } from "./problems";
import { hearsKeys, presses, sitesOf, targetsOf } from "./rehearsal";

const problem = (severity: "error" | "warning", node: string | null, path: string, line: number): Diagnostic => {
  return { severity, node, path, line, column: 1, message: "m" };
};

test("problems are told the worst first, by node and by field", () => {
  const all = [
    problem("warning", "a", "nodes.a", 2),
    problem("error", "b", "nodes.b.on.1", 9),
    problem("error", null, "", 1),
  ];
  expect(sorted(all).map(({ line }) => line)).toEqual([1, 9, 2]);
  expect([...byNode(all).keys()]).toEqual(["a", "b"]);
  expect(tally(all)).toEqual({ errors: 2, warnings: 1 });
  expect(ofField(all, "b", "on")).toHaveLength(1);
  expect(ofField(all, "b", "o")).toHaveLength(0);
});

test("the path is the call's steps in this flow", () => {
  const lines = [
    { event: "flow_started", flow: "f", version: 4 },
    { event: "node_entered", node: "a" },
    { event: "node_left", node: "a", exit: "next" },
    { event: "node_entered", node: "sub" },
    { event: "flow_started", flow: "g", version: 1 },
    { event: "node_entered", node: "a" },
    { event: "flow_resumed", flow: "f", version: 4 },
    { event: "node_left", node: "sub", exit: "next" },
    { event: "node_entered", node: "bye" },
  ];
  const steps = stepsOf(lines, "f");
  expect(steps).toEqual([
    { node: "a", exit: "next" },
    { node: "sub", exit: "next" },
    { node: "bye", exit: null },
  ]);
  expect(versionOf(lines, "f")).toBe(4);
  expect(pathOf(steps, 1)).toEqual({ nodes: new Set(["a"]), wires: new Set([wireId("a", "next")]), last: "a" });
  expect(pathOf(steps).last).toBe("bye");
});

test("a rehearsal's path ends where the call goes on in another flow", () => {
  const steps = [
    { node: "a", exit: "next" },
    { node: "sell", flow: "g" },
    { node: "who", exit: "200" },
  ];
  expect(ownSteps(steps)).toEqual(steps.slice(0, 2));
  expect(ownSteps(steps.slice(0, 1))).toEqual(steps.slice(0, 1));
});

test("a flow's sites, targets and keys are known before it is rehearsed", () => {
  const { graph } = read(`nodes:
  a: { applet: passthru, url: "https://x.example/a?k=1", fallback_url: "https://y.example/" }
  b: { applet: passthru, url: "https://x.example/a" }
  c: { applet: connect, to: [sip:sales, "+91 80", { target: "sip:x@y", ring: 5s }, "{{ x }}", "group:g"] }
  d: { applet: ivr }
`);
  if (!graph) throw new Error("no graph");
  expect(sitesOf(graph)).toEqual(["https://x.example/a", "https://y.example/"]);
  expect(targetsOf(graph)).toEqual(["sales", "+91 80", "sip:x@y"]);
  expect(hearsKeys(graph)).toBe(true);
  expect(presses("1, 23# -")).toEqual(["1", "23#", ""]);
});
