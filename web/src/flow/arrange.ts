/** Where nodes are drawn that the document gives no place, and how large each is. */
import { graphlib, layout } from "@dagrejs/dagre";
import type { FlowNode, Graph, Point } from "./graph";
import type { Ports } from "./ports";

export type Size = { width: number; height: number };

/** Where a port is drawn on its node's lower edge. */
export type Spot = { name: string; left: number; width: number };

/** The port behind which the exits are that are not drawn. */
export const MORE = "…";

const LETTER = 6.6;
const LEAST_PORT = 26;
const PORT_PADDING = 14;
const PORT_GAP = 4;
const EDGE = 8;
const LEAST = 190;
const HEAD = 60;
/** A note has a line of its own. */
const NOTE = 22;
const PORTS = 28;
const GAP = 64;

/** A node's size: as wide as its name and its ports need. */
export function sizeOf(node: FlowNode, ports: Ports): Size {
  const row = names(ports).reduce((sum, name) => sum + portWidth(name) + PORT_GAP, 2 * EDGE - PORT_GAP);
  const head = node.name.length * (LETTER + 1.4) + 64;
  const height = HEAD + (node.note ? NOTE : 0) + (row > 2 * EDGE ? PORTS : 0);
  return { width: Math.ceil(Math.max(LEAST, row, Math.min(head, 420))), height };
}

/** The ports side by side, about the middle. */
export function spots(ports: Ports, { width }: Size): Spot[] {
  const all = names(ports);
  const row = all.reduce((sum, name) => sum + portWidth(name) + PORT_GAP, -PORT_GAP);
  let left = (width - row) / 2;
  return all.map((name) => {
    const spot = { name, left, width: portWidth(name) };
    left += spot.width + PORT_GAP;
    return spot;
  });
}

function names({ drawn, more, open }: Ports): string[] {
  return [...drawn.map(({ name }) => name), ...(more.length > 0 || open ? [MORE] : [])];
}

function portWidth(name: string): number {
  return Math.max(LEAST_PORT, Math.ceil(name.length * LETTER) + PORT_PADDING);
}

/** What was arranged last: most edits change nothing of it, and arranging hundreds of nodes takes a while. */
let last = { shape: "", places: new Map<string, Point>() };

/** Places for all nodes, from the start downwards. */
export function arrange(graph: Graph, size: (node: FlowNode) => Size): Map<string, Point> {
  const shape = JSON.stringify([graph.start, graph.nodes.map((node) => [node.name, size(node), node.wires])]);
  if (shape !== last.shape) last = { shape, places: arranged(graph, size) };
  return new Map(last.places);
}

function arranged(graph: Graph, size: (node: FlowNode) => Size): Map<string, Point> {
  const dagre = new graphlib.Graph();
  dagre.setGraph({ rankdir: "TB", nodesep: 40, ranksep: GAP, marginx: 20, marginy: 20 });
  dagre.setDefaultEdgeLabel(() => ({}));
  const sizes = new Map(graph.nodes.map((node) => [node.name, size(node)]));
  const first = graph.nodes.filter((node) => node.name === graph.start);
  const others = graph.nodes.filter((node) => node.name !== graph.start);
  for (const { name } of [...first, ...others]) dagre.setNode(name, { ...sizes.get(name) });
  for (const { name, wires } of graph.nodes) {
    for (const { to } of wires) if (sizes.has(to) && to !== name) dagre.setEdge(name, to);
  }
  layout(dagre);
  return new Map(
    graph.nodes.map(({ name }) => {
      const { x, y } = dagre.node(name) as { x: number; y: number };
      const { width, height } = sizes.get(name) as Size;
      return [name, [Math.round(x - width / 2), Math.round(y - height / 2)]];
    }),
  );
}

/** A place for each node: its own, else below the node that leads to it; in a flow without any, all are arranged. */
export function placed(graph: Graph, size: (node: FlowNode) => Size): Map<string, Point> {
  const places = new Map(graph.nodes.flatMap(({ name, position }) => (position ? [[name, position] as const] : [])));
  if (places.size === 0) return graph.nodes.length > 0 ? arrange(graph, size) : new Map();
  const lost = graph.nodes.filter(({ name }) => !places.has(name));
  for (const node of lost) {
    const from = graph.nodes.find(({ name, wires }) => places.has(name) && wires.some(({ to }) => to === node.name));
    const [x, y] = from ? (places.get(from.name) as Point) : [20, lowest(places)];
    places.set(node.name, free([x, y + (from ? size(from).height + GAP : 0)], places));
  }
  return places;
}

function lowest(places: ReadonlyMap<string, Point>): number {
  return Math.max(...[...places.values()].map(([, y]) => y)) + HEAD + PORTS + GAP;
}

/** The next place to the right where no other node begins. */
export function free(wanted: Point, places: ReadonlyMap<string, Point>): Point {
  let [x, y] = wanted;
  const near = ([ax, ay]: Point) => Math.abs(ax - x) < LEAST && Math.abs(ay - y) < HEAD + PORTS;
  while ([...places.values()].some(near)) x += LEAST + 40;
  return [x, y];
}
