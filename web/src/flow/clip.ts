/** A part of a flow as text: people share flows so. */
import { isMap, parseDocument, YAMLMap } from "yaml";
import { edit, freeName, moveNodes, parsed, renameNode } from "./edit";
import { mapAt, type Point, pairAt, pairs, read, valueAt } from "./graph";

/** The nodes of those names as a document of their own, with their places. */
export function copy(text: string, names: readonly string[], positions: ReadonlyMap<string, Point>): string {
  const document = parsed(text);
  const nodes = mapAt(document.contents, "nodes");
  const part = new YAMLMap();
  for (const name of names) {
    const pair = pairAt(nodes, name);
    if (pair) part.items.push(pair as never);
  }
  const alone = parseDocument("nodes: {}\n");
  alone.set("nodes", part);
  const places = new Map(names.flatMap((name) => (positions.has(name) ? [[name, positions.get(name) as Point]] : [])));
  return moveNodes(alone.toString({ lineWidth: 0 }), places);
}

export type Pasted = { text: string; names: string[] };

/** Puts such a part into a flow: under names that are free, wired within itself and to what is there. Null if it is none. */
export function paste(text: string, part: string, at: Point): Pasted | null {
  const reading = read(part);
  if (!reading.graph || reading.graph.nodes.length === 0) return null;
  const here = read(text);
  if (!here.graph) return null;
  const taken = new Set(here.graph.nodes.map((node) => node.name));
  let renamed = part;
  const inside = new Set(reading.graph.nodes.map((node) => node.name));
  for (const { name } of reading.graph.nodes) {
    if (!taken.has(name)) continue;
    const free = freeName(name, [...taken, ...inside]);
    renamed = renameNode(renamed, name, free);
    inside.delete(name);
    inside.add(free);
  }
  const names = (read(renamed).graph?.nodes ?? []).map((node) => node.name);
  const joined = edit(text, (root, document) => {
    const from = mapAt(parsed(renamed).contents, "nodes");
    const known = new Set([...taken, ...names]);
    let nodes = mapAt(root, "nodes");
    if (!nodes) {
      nodes = new YAMLMap();
      root.add(document.createPair("nodes", nodes));
    }
    for (const [, pair] of pairs(from)) {
      forget(pair.value, known);
      nodes.items.push(pair as never);
    }
  });
  return { text: moveNodes(joined, places(renamed, at)), names };
}

/** Takes out the wires that lead nowhere here. */
function forget(node: unknown, known: Set<string>): void {
  if (!isMap(node)) return;
  const leads = (pair: { value: unknown }) => known.has(String((pair.value as { value?: unknown })?.value ?? ""));
  const on = valueAt(node, "on");
  if (isMap(on)) on.items = on.items.filter(leads);
  const empty = isMap(on) && on.items.length === 0;
  node.items = node.items.filter((pair) => {
    const key = String((pair.key as { value?: unknown }).value);
    return !(key === "on" && empty) && !(key === "next" && !leads(pair));
  });
}

/** The part's own places, moved so that its first corner is here. */
function places(part: string, [x, y]: Point): Map<string, Point> {
  const nodes = read(part).graph?.nodes ?? [];
  const placed = nodes.flatMap(({ name, position }) => (position ? [[name, position] as const] : []));
  const left = Math.min(...placed.map(([, at]) => at[0]));
  const top = Math.min(...placed.map(([, at]) => at[1]));
  return new Map(placed.map(([name, at]) => [name, [x + at[0] - left, y + at[1] - top] as const]));
}
