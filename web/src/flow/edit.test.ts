import { expect, test } from "vitest";
import * as edits from "./edit";
import { read } from "./graph";

const FLOW = `# A desk.
flow: desk
start: hello   # here
nodes:
  hello: { applet: greeting, say: "Hi.", next: menu }

  # The menu.
  menu:
    applet: ivr
    say: "Press 1."
    on: {1: sales, none: bye, "*": menu}   # keys
  sales: { applet: connect, to: [sip:sales, +918022222222], on: { answered: bye, missed: bye } }
  bye: { applet: hangup }
`;

/** The lines that an edit took away and those that it brought. */
function changed(after: string): [string[], string[]] {
  const [before, now] = [FLOW.split("\n"), after.split("\n")];
  return [before.filter((line) => !now.includes(line)), now.filter((line) => !before.includes(line))];
}

const ROWS: [name: string, edit: (text: string) => string, gone: string[], come: string[]][] = [
  [
    "a node is added at the end",
    (text) => edits.addNode(text, { name: "wait", applet: "pause", fields: { for: "1s" } }),
    [],
    ["  wait:", "    applet: pause", "    for: 1s"],
  ],
  [
    "an exit that is a number is wired as one",
    (text) => edits.connect(text, "menu", "2", "bye"),
    ['    on: {1: sales, none: bye, "*": menu}   # keys'],
    ['    on: { 1: sales, none: bye, "*": menu, 2: bye } # keys'],
  ],
  [
    "an exit is led elsewhere",
    (text) => edits.connect(text, "menu", "1", "bye"),
    ['    on: {1: sales, none: bye, "*": menu}   # keys'],
    ['    on: { 1: bye, none: bye, "*": menu } # keys'],
  ],
  [
    "`next` is wired in short",
    (text) => edits.connect(text, "hello", "next", "bye"),
    ['  hello: { applet: greeting, say: "Hi.", next: menu }'],
    ['  hello: { applet: greeting, say: "Hi.", next: bye }'],
  ],
  [
    "the last wire of a node takes `on` with it",
    (text) => ["answered", "missed"].reduce((now, exit) => edits.disconnect(now, "sales", exit), text),
    ["  sales: { applet: connect, to: [sip:sales, +918022222222], on: { answered: bye, missed: bye } }"],
    ['  sales: { applet: connect, to: [ sip:sales, "+918022222222" ] }'],
  ],
  [
    "a node goes with the wires to it",
    (text) => edits.removeNodes(text, ["sales"]),
    [
      '    on: {1: sales, none: bye, "*": menu}   # keys',
      "  sales: { applet: connect, to: [sip:sales, +918022222222], on: { answered: bye, missed: bye } }",
    ],
    ['    on: { none: bye, "*": menu } # keys'],
  ],
  [
    "a name is changed wherever it stands",
    (text) => edits.renameNode(text, "hello", "welcome"),
    ["start: hello   # here", '  hello: { applet: greeting, say: "Hi.", next: menu }'],
    ["start: welcome # here", '  welcome: { applet: greeting, say: "Hi.", next: menu }'],
  ],
  [
    "a text keeps its quotes",
    (text) => edits.setField(text, "menu", ["say"], "Press 2."),
    ['    say: "Press 1."'],
    ['    say: "Press 2."'],
  ],
  ["a setting is taken out", (text) => edits.setField(text, "menu", ["say"], undefined), ['    say: "Press 1."'], []],
  [
    "a setting within a setting is made",
    (text) => edits.setField(text, "menu", ["filler", "after"], "2s"),
    [],
    ["    filler:", "      after: 2s"],
  ],
  ["a number that is text is quoted", (text) => edits.setField(text, "menu", ["code"], "+91"), [], ['    code: "+91"']],
  ["the start is another", (text) => edits.setStart(text, "menu"), ["start: hello   # here"], ["start: menu # here"]],
  [
    "nodes are drawn elsewhere",
    (text) => edits.moveNodes(text, new Map([["bye", [10.4, -3] as const]])),
    [],
    ["layout:", "  bye: [ 10, -3 ]"],
  ],
  [
    "a node is put into a wire",
    (text) =>
      edits.insertNode(text, { node: "hello", exit: "next", to: "menu" }, { name: "p", applet: "pause" }, "next"),
    ['  hello: { applet: greeting, say: "Hi.", next: menu }'],
    ['  hello: { applet: greeting, say: "Hi.", next: p }', "  p:", "    applet: pause", "    next: menu"],
  ],
];

test.each(ROWS)("%s", (_, change, gone, come) => {
  expect(changed(change(FLOW))).toEqual([gone, come]);
});

test("a list's item and a list that gets empty", () => {
  const one = edits.setField(FLOW, "sales", ["to", 0], undefined);
  expect(read(one).graph?.nodes[2]?.fields.to).toEqual(["+918022222222"]);
  const none = edits.setField(one, "sales", ["to", 0], undefined);
  expect(read(none).graph?.nodes[2]?.fields).toEqual({});
});

test("the start that goes leaves it to the first node", () => {
  expect(read(edits.removeNodes(FLOW, ["hello"])).graph?.start).toBe("menu");
});

test("a flow is built from nothing", () => {
  const first = edits.addNode("flow: f\n", { name: "hello", applet: "greeting" });
  const both = edits.connect(edits.addNode(first, { name: "bye", applet: "hangup" }), "hello", "next", "bye");
  const { graph } = read(both);
  expect(graph?.start).toBe("hello");
  expect(graph?.nodes.map(({ name, wires }) => [name, wires])).toEqual([
    ["hello", [{ exit: "next", to: "bye" }]],
    ["bye", []],
  ]);
});

test("what cannot be read is left alone", () => {
  expect(edits.setStart("nodes: {", "a")).toBe("nodes: {");
});

test("names are free", () => {
  expect([edits.freeName("a", []), edits.freeName("a", ["a", "a-2"])]).toEqual(["a", "a-3"]);
});
