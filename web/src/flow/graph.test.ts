import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { edit } from "./edit";
import { read } from "./graph";

test("a document is nodes, wires, settings and places", () => {
  const text = `flow: f
start: a
layout: { a: [1, -2.5], b: [x, 1] }
nodes:
  a: { applet: asks, url: "https://x.example", on: { 200: b, "4xx": a, next: b }, tries: 7, code: 007, to: +91 }
  b: { next: a, applet: greeting, say: [Hi, ho] }
`;
  expect(read(text).graph).toEqual({
    name: "f",
    start: "a",
    nodes: [
      {
        name: "a",
        applet: "asks",
        wires: [
          { exit: "200", to: "b" },
          { exit: "4xx", to: "a" },
          { exit: "next", to: "b" },
        ],
        fields: { url: "https://x.example", tries: 7, code: "007", to: "+91" },
        note: "",
        position: [1, -2.5],
        line: 5,
      },
      {
        name: "b",
        applet: "greeting",
        wires: [{ exit: "next", to: "a" }],
        fields: { say: ["Hi", "ho"] },
        note: "",
        position: null,
        line: 6,
      },
    ],
  });
});

test.each(["", "[]", "7", "flow: f", "nodes: 7", "nodes: { a: 7 }"])(
  "%j has no shape, and is read all the same",
  (text) => {
    const { graph } = read(text);
    expect(graph?.nodes.every(({ applet, wires }) => applet === "" && wires.length === 0)).toBe(true);
  },
);

test("what is no YAML is told with its line", () => {
  const { fault } = read("flow: f\nnodes: { a: [ }\n");
  expect(fault?.line).toBe(2);
  expect(fault?.message).not.toBe("");
});

const FLOWS = new URL("../../../flows/", import.meta.url);
const FILES = readdirSync(FLOWS).filter((file) => file.endsWith(".yaml") && !file.endsWith(".test.yaml"));

test.each(FILES)("%s keeps every other line when one is added", (file) => {
  const text = readFileSync(new URL(file, FLOWS), "utf8");
  expect(read(text).graph?.nodes.length).toBeGreaterThan(0);
  const more = edit(text, (root) => root.set("id", 7));
  expect(more).toBe(`${text}id: 7\n`);
});
