/** A flow's document as a graph: its nodes with their settings, the wires between them, and where they are drawn. */
import {
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  type Scalar,
  type YAMLMap,
} from "yaml";
import { type Cut, cut } from "./cut";
import { noteAbove } from "./note";

export type Point = readonly [x: number, y: number];

export type Wire = { exit: string; to: string };

export type FlowNode = {
  name: string;
  applet: string;
  wires: Wire[];
  /** The settings as they are written: all but `applet`, `next` and `on`. */
  fields: Record<string, unknown>;
  position: Point | null;
  /** The comment above it; null where the document has no place for one. */
  note: string | null;
  /** The line of the text where it begins, from 1. */
  line: number;
};

export type Graph = { name: string; start: string; nodes: FlowNode[] };

export type Fault = { message: string; line: number };

/** What the text says, or why it cannot be read as YAML. */
export type Reading = { graph: Graph; fault?: undefined } | { graph?: undefined; fault: Fault };

const WIRES = new Set(["applet", "next", "on"]);

/** Reads a flow's text as far as it has the shape of one. */
export function read(text: string): Reading {
  const pieces = cut(text);
  const whole = pieces && byPieces(pieces);
  return whole ? { graph: whole } : atOnce(text);
}

/** The pieces of the texts that were read last: most of a text is what it was before an edit. */
let known = new Map<string, Rest | Piece | null>();

type Piece = Pick<FlowNode, "name" | "applet" | "wires" | "fields" | "note">;
type Rest = { name: string; start: string; layout: Map<string, Point> };

/** Null if a piece cannot be read alone; the text as a whole says why then. */
function byPieces({ head, nodes, tail }: Cut): Graph | null {
  const seen = new Map<string, Rest | Piece | null>();
  const once = <T extends Rest | Piece>(text: string, make: (root: unknown) => T): T | null => {
    const found = known.get(text);
    const value = found !== undefined ? found : parsed(text, make);
    seen.set(text, value);
    return value as T | null;
  };
  const rest = once(`${head} {}\n${tail}`, restOf);
  const all = nodes.map(({ text, line }) => ({ line, node: once(text, (root) => nodeOf(root, text)) }));
  known = seen;
  if (!rest) return null;
  const graph: Graph = { name: rest.name, start: rest.start, nodes: [] };
  for (const { node, line } of all) {
    if (!node) return null;
    graph.nodes.push({ ...node, line, position: rest.layout.get(node.name) ?? null });
  }
  return graph;
}

function parsed<T>(text: string, make: (root: unknown) => T): T | null {
  const document = parseDocument(text);
  return document.errors.length > 0 ? null : make(document.contents);
}

function restOf(root: unknown): Rest {
  const places = pairs(mapAt(root, "layout")).map(([name, { value }]) => [name, position(value)] as const);
  const layout = new Map(places.flatMap(([name, place]) => (place ? [[name, place] as const] : [])));
  return { name: textAt(root, "flow"), start: textAt(root, "start"), layout };
}

function nodeOf(root: unknown, text: string): Piece {
  const [[name, pair] = ["", undefined]] = pairs(root);
  const lines = text.split("\n");
  const start = lines.findIndex((line) => /^\s*[^\s#]/.test(line));
  return { name, ...settings(pair?.value), note: noteAbove(lines, start) };
}

function atOnce(text: string): Reading {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const [error] = document.errors;
  if (error) return { fault: { message: error.message.split("\n")[0] ?? "", line: error.linePos?.[0].line ?? 1 } };
  const { name, start, layout } = restOf(document.contents);
  const map = mapAt(document.contents, "nodes");
  const written = text.split("\n");
  const nodes = pairs(map).map(([name, pair]) => {
    const { line } = lines.linePos((pair.key as Scalar).range?.[0] ?? 0);
    const note = map?.flow ? null : noteAbove(written, line - 1);
    return { name, ...settings(pair.value), note, position: layout.get(name) ?? null, line };
  });
  return { graph: { name, start, nodes } };
}

function settings(node: unknown): Pick<FlowNode, "applet" | "wires" | "fields"> {
  const fields = pairs(node).filter(([key]) => !WIRES.has(key));
  const next = textAt(node, "next");
  const on = pairs(mapAt(node, "on")).map(([exit, pair]) => ({ exit, to: written(pair.value) }));
  const wires = next ? [...on.filter(({ exit }) => exit !== "next"), { exit: "next", to: next }] : on;
  return {
    applet: textAt(node, "applet"),
    wires,
    fields: Object.fromEntries(fields.map(([key, pair]) => [key, plain(pair.value)])),
  };
}

function position(node: unknown): Point | null {
  if (!isSeq(node)) return null;
  const [x, y] = node.items.map(plain);
  return typeof x === "number" && typeof y === "number" ? [x, y] : null;
}

/** A map's entries by the text of their keys: `200` is a key like any other. */
export function pairs(node: unknown): [string, Pair<unknown, unknown>][] {
  return isMap(node) ? node.items.map((pair) => [written(pair.key), pair]) : [];
}

export function pairAt(node: unknown, key: string): Pair<unknown, unknown> | undefined {
  return pairs(node).find(([name]) => name === key)?.[1];
}

export function valueAt(node: unknown, key: string): unknown {
  return pairAt(node, key)?.value;
}

export function mapAt(node: unknown, key: string): YAMLMap | undefined {
  const value = valueAt(node, key);
  return isMap(value) ? value : undefined;
}

function textAt(node: unknown, key: string): string {
  return written(valueAt(node, key));
}

/** A scalar as it is written, but for its quotes: `+91` and `007` are no numbers here. */
export function written(node: unknown): string {
  if (!isScalar(node)) return typeof node === "string" ? node : "";
  if (typeof node.value === "string") return node.value;
  return node.source ?? String(node.value ?? "");
}

/** A value as JSON has it. A number that would not be written so again stays text. */
function plain(node: unknown): unknown {
  if (isMap(node)) return Object.fromEntries(pairs(node).map(([key, pair]) => [key, plain(pair.value)]));
  if (isSeq(node)) return node.items.map(plain);
  if (!isScalar(node)) return null;
  const { value } = node as Node & { value: unknown };
  return typeof value === "number" && String(value) !== written(node) ? written(node) : value;
}
