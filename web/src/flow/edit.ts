/** Edits of a flow's text. Comments, the order and the look of every line that an edit does not concern stay as they are. */
import {
  type Document,
  isCollection,
  isMap,
  isScalar,
  parseDocument,
  Scalar,
  visit,
  YAMLMap,
  type YAMLSeq,
} from "yaml";
import { cut, joined } from "./cut";
import { diff } from "./diff";
import { mapAt, type Point, pairAt, pairs, read, valueAt, written } from "./graph";
import { withNote } from "./note";

export type Key = string | number;

const STYLE = { lineWidth: 0 } as const;

/** The text after a change of its document. One that cannot be read stays as it is. */
export function edit(text: string, change: (root: YAMLMap, document: Document) => void): string {
  const document = parsed(text);
  visit(document, { Scalar: (_, scalar) => unread(scalar) });
  if (document.errors.length > 0) return text;
  if (!isMap(document.contents)) document.contents = new YAMLMap() as never;
  const before = document.toString(STYLE);
  change(document.contents as unknown as YAMLMap, document);
  return kept(text, before, document.toString(STYLE));
}

/** A document in which a comment right above the first node is that node's, like any other's: YAML gives it to all of them. */
export function parsed(text: string): Document {
  const document = parseDocument(text);
  const nodes = mapAt(document.contents, "nodes");
  const first = nodes?.items[0]?.key;
  if (!nodes?.commentBefore || nodes.flow || !isScalar(first)) return document;
  const [note = "", ...rest] = nodes.commentBefore.split("\n\n").reverse();
  first.commentBefore = note;
  first.spaceBefore = rest.length > 0;
  nodes.commentBefore = rest.length > 0 ? rest.reverse().join("\n\n") : null;
  return document;
}

/** `+91` and `007` are text to a flow: they must not be written as the numbers that YAML reads. */
function unread(scalar: Scalar): void {
  if (typeof scalar.value === "number" && String(scalar.value) !== scalar.source) scalar.value = scalar.source;
}

/** The new text with those lines as they were written that differ from the old one's in style alone. */
function kept(text: string, before: string, after: string): string {
  if (before === text) return after;
  const [ours, styled] = [text.split("\n"), before.split("\n")];
  if (ours.length !== styled.length) return after;
  let at = 0;
  const lines = diff(before, after).flatMap(({ kind, text }) => {
    if (kind === "in") return [text];
    const line = ours[at++] ?? "";
    return kind === "same" ? [line] : [];
  });
  return lines.join("\n");
}

/** The same for what concerns a single node: only its own lines are read. */
function editNode(text: string, name: string, change: (node: YAMLMap, document: Document) => void): string {
  const pieces = cut(text);
  const at = pieces ? pieces.nodes.findIndex((piece) => piece.name === name) : -1;
  const piece = pieces?.nodes[at];
  if (!pieces || !piece) {
    return edit(text, (root, document) => {
      const node = mapAt(mapAt(root, "nodes"), name);
      if (node) change(node, document);
    });
  }
  const margin = "nodes:\n";
  const changed = edit(`${margin}${piece.text}${piece.text.endsWith("\n") ? "" : "\n"}`, (root, document) => {
    const node = mapAt(mapAt(root, "nodes"), name);
    if (node) change(node, document);
  }).slice(margin.length);
  const lines = piece.text.endsWith("\n") ? changed : changed.replace(/\n$/, "");
  return joined({ ...pieces, nodes: pieces.nodes.with(at, { ...piece, text: lines }) });
}

export type NewNode = { name: string; applet: string; fields?: Record<string, unknown>; at?: Point };

/** Puts a node at the end. The first node of a flow is its start. */
export function addNode(text: string, { name, applet, fields = {}, at }: NewNode): string {
  return edit(text, (root, document) => {
    put(into(root, "nodes"), name, document.createNode({ applet, ...fields }));
    if (!written(valueAt(root, "start"))) put(root, "start", new Scalar(name));
    if (at) move(root, document, name, at);
  });
}

/** Writes the comment above a node, if the document has a place for one. */
export function setNote(text: string, name: string, note: string): string {
  const node = read(text).graph?.nodes.find((one) => one.name === name);
  return node && node.note !== null ? withNote(text.split("\n"), node.line - 1, note).join("\n") : text;
}

/** Takes nodes out, with the wires that lead to them and their places. */
export function removeNodes(text: string, names: readonly string[]): string {
  const gone = new Set(names);
  return edit(text, (root) => {
    for (const name of gone) {
      drop(mapAt(root, "nodes"), name);
      drop(mapAt(root, "layout"), name);
    }
    for (const [, node] of pairs(mapAt(root, "nodes"))) unwire(node.value, (_, to) => gone.has(to));
    if (gone.has(written(valueAt(root, "start")))) {
      const [first] = pairs(mapAt(root, "nodes"));
      put(root, "start", new Scalar(first?.[0] ?? ""));
    }
  });
}

/** Gives a node another name, in every wire that leads to it, too. */
export function renameNode(text: string, from: string, to: string): string {
  return edit(text, (root) => {
    for (const map of [mapAt(root, "nodes"), mapAt(root, "layout")]) {
      const pair = pairAt(map, from);
      if (pair) pair.key = again(pair.key, to);
    }
    for (const [, node] of pairs(mapAt(root, "nodes"))) {
      for (const pair of wiresOf(node.value)) if (written(pair.value) === from) pair.value = again(pair.value, to);
    }
    const start = pairAt(root, "start");
    if (start && written(start.value) === from) start.value = again(start.value, to);
  });
}

/** Leads an exit to a node. */
export function connect(text: string, node: string, exit: string, to: string): string {
  return editNode(text, node, (map) => wire(map, exit, to));
}

export function disconnect(text: string, node: string, exit: string): string {
  return editNode(text, node, (map) => unwire(map, (name) => name === exit));
}

/** Puts a new node between an exit and where it leads; it goes on there by `onward`, if it has such an exit. */
export function insertNode(
  text: string,
  wire: { node: string; exit: string; to: string },
  added: NewNode,
  onward?: string,
) {
  const wired = connect(addNode(text, added), wire.node, wire.exit, added.name);
  return onward ? connect(wired, added.name, onward, wire.to) : wired;
}

export function setStart(text: string, node: string): string {
  return edit(text, (root) => put(root, "start", again(valueAt(root, "start"), node)));
}

/** Sets what stands at a path below a node's settings; `undefined` takes it out, and what it leaves empty. */
export function setField(text: string, node: string, path: readonly Key[], value: unknown): string {
  return editNode(text, node, (map, document) => set(map, path, value, document));
}

/** Draws nodes elsewhere. */
export function moveNodes(text: string, positions: ReadonlyMap<string, Point>): string {
  return edit(text, (root, document) => {
    for (const [name, at] of positions) move(root, document, name, at);
  });
}

/** A name that no node has yet: `greeting`, `greeting-2`, … */
export function freeName(wanted: string, taken: Iterable<string>): string {
  const names = new Set(taken);
  let name = wanted;
  for (let count = 2; names.has(name); count += 1) name = `${wanted}-${count}`;
  return name;
}

function set(within: YAMLMap | YAMLSeq, path: readonly Key[], value: unknown, document: Document): void {
  const [key, ...rest] = path;
  if (key === undefined) return;
  const old = isMap(within) ? valueAt(within, String(key)) : within.items[key as number];
  if (rest.length > 0) {
    let inner = old;
    if (!isCollection(inner)) {
      inner = document.createNode(typeof rest[0] === "number" ? [] : {});
      place(within, key, inner);
    }
    set(inner as YAMLMap, rest, value, document);
    if ((inner as YAMLMap).items.length === 0) remove(within, key);
  } else if (value === undefined) remove(within, key);
  else if (isScalar(old) && (typeof value !== "object" || value === null)) place(within, key, again(old, value));
  else place(within, key, document.createNode(value, { flow: isCollection(old) ? old.flow === true : isList(value) }));
}

/** Lists of words stand in one line. */
function isList(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item !== "object") && JSON.stringify(value).length < 80;
}

function place(within: YAMLMap | YAMLSeq, key: Key, value: unknown): void {
  if (isMap(within)) put(within, String(key), value);
  else within.items[key as number] = value;
}

function remove(within: YAMLMap | YAMLSeq, key: Key): void {
  if (isMap(within)) drop(within, String(key));
  else within.items.splice(key as number, 1);
}

function wire(node: YAMLMap, exit: string, to: string): void {
  const known = wiresOf(node).find((pair) => written(pair.key) === exit);
  if (known) known.value = again(known.value, to);
  else if (exit === "next") put(node, "next", new Scalar(to));
  else {
    const on = into(node, "on");
    if (on.items.length === 0) on.flow = true;
    put(on, exit, new Scalar(to));
  }
}

function unwire(node: unknown, goes: (exit: string, to: string) => boolean): void {
  if (!isMap(node)) return;
  const on = mapAt(node, "on");
  for (const map of [node, on]) {
    const wires = wiresOf(node).filter((pair) => map?.items.includes(pair as never));
    for (const pair of wires) {
      const exit = written(pair.key);
      if (goes(exit, written(pair.value))) drop(map, exit);
    }
  }
  if (on?.items.length === 0) drop(node, "on");
}

function wiresOf(node: unknown) {
  const next = pairAt(node, "next");
  const on = pairs(mapAt(node, "on")).map(([, pair]) => pair);
  return next ? [next, ...on] : on;
}

function move(root: YAMLMap, document: Document, name: string, [x, y]: Point): void {
  put(into(root, "layout"), name, document.createNode([Math.round(x), Math.round(y)], { flow: true }));
}

/** The map below a key, made if there is none. */
function into(map: YAMLMap, key: string): YAMLMap {
  const found = mapAt(map, key);
  if (found) return found;
  const made = new YAMLMap();
  put(map, key, made);
  return made;
}

function put(map: YAMLMap, key: string, value: unknown): void {
  const pair = pairAt(map, key);
  if (pair) pair.value = value;
  else map.add({ key: name(key), value } as never);
}

function drop(map: YAMLMap | undefined, key: string): void {
  if (map) map.items = map.items.filter((pair) => written(pair.key) !== key);
}

/** A key that is all digits stands without quotes, as people write it: `200: …`. */
function name(key: string): Scalar {
  return new Scalar(/^(0|[1-9]\d{0,8})$/.test(key) ? Number(key) : key);
}

/** Another value in a scalar's place, with its comments and quotes. */
function again(old: unknown, value: unknown): Scalar {
  const scalar = typeof value === "string" && !isScalar(old) ? new Scalar<unknown>(value) : new Scalar(value);
  if (!isScalar(old)) return scalar;
  const { comment, commentBefore, spaceBefore, type } = old;
  Object.assign(scalar, { comment, commentBefore, spaceBefore });
  if (typeof value === "string" && typeof old.value === "string" && type && !value.includes("\n")) scalar.type = type;
  return scalar;
}
