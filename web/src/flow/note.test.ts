import { expect, test } from "vitest";
import { copy, paste } from "./clip";
import * as edits from "./edit";
import { type Graph, read } from "./graph";

const FLOW = `flow: f
start: a
nodes:
  # For all of them.

  # Says hello.
  a: { applet: greeting, say: "A", next: b }

  # ---- Later ----

  # Asks,
  #
  #   and waits.
  b:
    applet: greeting
    say: |
      One.
      # Two.
  c: { applet: hangup } # the end
layout:
  # Not a note.
  a: [1, 2]
`;

const notes = (text: string) =>
  Object.fromEntries((read(text).graph as Graph).nodes.map(({ name, note }) => [name, note]));
const ALL = { a: "Says hello.", b: "Asks,\n\n  and waits.", c: "" };

test("a node's note is the comment right above it", () => {
  expect(notes(FLOW)).toEqual(ALL);
  expect(read(FLOW).graph?.nodes[1]?.fields.say).toBe("One.\n# Two.\n");
});

test.each(["Another.", "One.\n\nTwo: # three", " far in", "ends\n", ""])(
  "a note becomes %j, and nothing else",
  (note) => {
    for (const name of ["a", "b", "c"]) {
      const after = edits.setNote(FLOW, name, note);
      expect(notes(after)).toEqual({ ...ALL, [name]: note });
      expect(edits.setNote(after, name, ALL[name as keyof typeof ALL])).toBe(FLOW);
    }
  },
);

const EDITS: [what: string, edit: (text: string) => string, now: Record<string, string>][] = [
  ["a setting", (text) => edits.setField(text, "a", ["say"], "B"), ALL],
  ["a wire", (text) => edits.connect(text, "b", "next", "c"), ALL],
  ["a place", (text) => edits.moveNodes(text, new Map([["b", [7, 8] as const]])), ALL],
  ["a new step", (text) => edits.addNode(text, { name: "d", applet: "hangup" }), { ...ALL, d: "" }],
  ["another name", (text) => edits.renameNode(text, "a", "x"), { x: ALL.a, b: ALL.b, c: "" }],
  ["the first step gone", (text) => edits.removeNodes(text, ["a"]), { b: ALL.b, c: "" }],
  ["a step gone", (text) => edits.removeNodes(text, ["b"]), { a: ALL.a, c: "" }],
  [
    "copies",
    (text) => paste(text, copy(text, ["a", "b"], new Map()), [0, 0])?.text ?? "",
    { ...ALL, "a-2": ALL.a, "b-2": ALL.b },
  ],
];

test.each(EDITS)("%s leaves notes where they belong", (_, edit, now) => {
  const after = edit(FLOW);
  expect(notes(after)).toEqual(now);
  expect(after).toContain("  # For all of them.\n");
});

test.each(["nodes: { a: { applet: x } }", '{"nodes": {\n  "a": {"applet": "x"}\n}}'])(
  "a document in braces has no place for notes: %j",
  (text) => {
    expect(notes(text)).toEqual({ a: null });
    expect(edits.setNote(text, "a", "x")).toBe(text);
  },
);
