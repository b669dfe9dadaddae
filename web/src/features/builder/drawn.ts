/** The graph as the canvas draws it. */
import { type Edge, MarkerType, type Node, Position } from "@xyflow/react";
import type { Applet, Compilation } from "../../api/flows";
import type { Against, Change } from "../../flow/against";
import { placed, type Size, type Spot, sizeOf, spots } from "../../flow/arrange";
import type { FlowNode, Graph, Point } from "../../flow/graph";
import { type Path, wireId } from "../../flow/path";
import { type Ports, portsOf } from "../../flow/ports";
import { byNode, type Diagnostic } from "../../flow/problems";

export type StepData = {
  name: string;
  title: string;
  group: string;
  gist: string;
  note: string;
  start: boolean;
  ports: Ports;
  spots: Spot[];
  problem: "error" | "warning" | null;
  walk: "walked" | "here" | "aside" | null;
  /** How it differs from the published version. */
  change: Change | null;
};

export type StepNode = Node<StepData, "step">;
export type WireData = { exit: string; walk: "walked" | "aside" | null };
export type WireEdge = Edge<WireData, "wire">;

/** The handle by which a node is entered. */
export const ENTRY = "in";

const HANDLE = 10;

/** As large on a thick wire as on a thin one. */
const ARROW = { type: MarkerType.ArrowClosed, width: 22, height: 22, markerUnits: "userSpaceOnUse" } as const;

export type Drawing = {
  nodes: StepNode[];
  edges: WireEdge[];
  places: Map<string, Point>;
  ports: Map<string, Ports>;
  sizes: Map<string, Size>;
};

export type Seen = {
  graph: Graph;
  applets: ReadonlyMap<string, Applet>;
  compiled: Compilation | undefined;
  path: Path | null;
  against?: Against | null;
  /** Whether only exits are drawn that lead somewhere: nobody wires others. */
  wired?: boolean;
};

export function draw({ graph, applets, compiled, path, against = null, wired = false }: Seen): Drawing {
  const known = new Map((compiled?.nodes ?? []).map((node) => [node.name, node]));
  const ports = new Map(
    graph.nodes.map((n) => [n.name, portsOf(n, known.get(n.name), wired ? undefined : applets.get(n.applet))]),
  );
  const sizes = new Map(graph.nodes.map((n) => [n.name, sizeOf(n, ports.get(n.name) as Ports)]));
  const places = placed(graph, (node) => sizes.get(node.name) as Size);
  const problems = byNode(compiled?.diagnostics ?? []);
  const nodes = graph.nodes.map((node): StepNode => {
    const [own, size] = [ports.get(node.name) as Ports, sizes.get(node.name) as Size];
    const [x, y] = places.get(node.name) as Point;
    const applet = applets.get(node.applet);
    const data: StepData = {
      name: node.name,
      title: applet?.title ?? (node.applet || "no applet"),
      group: applet?.group ?? "",
      gist: gist(node),
      note: node.note ?? "",
      start: node.name === graph.start,
      ports: own,
      spots: spots(own, size),
      problem: worst(problems.get(node.name)),
      walk: path && (path.last === node.name ? "here" : path.nodes.has(node.name) ? "walked" : "aside"),
      change: against?.steps.get(node.name) ?? null,
    };
    return { id: node.name, type: "step", position: { x, y }, data, ...size, handles: handles(data.spots, size) };
  });
  const names = new Set(graph.nodes.map(({ name }) => name));
  const edges = graph.nodes.flatMap((node) =>
    node.wires.filter(({ to }) => names.has(to)).map(({ exit, to }) => edge(node.name, exit, to, path)),
  );
  return { nodes, edges, places, ports, sizes };
}

function edge(source: string, exit: string, target: string, path: Path | null): WireEdge {
  const id = wireId(source, exit);
  const walk = path && (path.wires.has(id) ? "walked" : "aside");
  return {
    id,
    type: "wire",
    source,
    target,
    sourceHandle: exit,
    targetHandle: ENTRY,
    data: { exit, walk },
    className: walk ?? "",
    markerEnd: { ...ARROW, color: walk === "walked" ? "var(--good)" : "var(--faint)" },
    ariaLabel: `${source}, exit ${exit}, leads to ${target}`,
    focusable: false,
  };
}

/** Known before a node is drawn: wires to nodes out of sight need them. */
function handles(spots: Spot[], { width, height }: Size): NonNullable<StepNode["handles"]> {
  const box = { width: HANDLE, height: HANDLE };
  const entry = {
    id: ENTRY,
    type: "target" as const,
    position: Position.Top,
    x: width / 2 - HANDLE / 2,
    y: -HANDLE / 2,
  };
  const exits = spots.map((spot) => ({
    id: spot.name,
    type: "source" as const,
    position: Position.Bottom,
    x: spot.left + spot.width / 2 - HANDLE / 2,
    y: height - HANDLE / 2,
    ...box,
  }));
  return [{ ...entry, ...box }, ...exits];
}

function worst(diagnostics: Diagnostic[] | undefined): StepData["problem"] {
  if (!diagnostics) return null;
  return diagnostics.some(({ severity }) => severity === "error") ? "error" : "warning";
}

/** What a step does, in the words of its first telling setting. */
function gist({ fields }: FlowNode): string {
  const told = ["say", "url", "to", "text", "flow", "hours", "for", "cause", "play", "mailbox"];
  const value = told.map((name) => fields[name]).find((value) => value !== undefined && value !== null);
  if (value !== undefined) return short([value].flat().map(word).join(", "));
  return short(
    Object.entries(fields)
      .map(([key, value]) => `${key}: ${word(value)}`)
      .join(", "),
  );
}

function word(value: unknown): string {
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function short(text: string): string {
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}

/** The nodes and edges with those of before in the place of those that are the same: what is the same is not drawn again. */
export function kept<T extends { id: string }>(before: readonly T[], now: readonly T[]): T[] {
  const old = new Map(before.map((one) => [one.id, one]));
  const all = now.map((one) => {
    const was = old.get(one.id);
    return was && same(was, one) ? was : one;
  });
  return all.length === before.length && all.every((one, at) => one === before[at]) ? (before as T[]) : all;
}

function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  const [keys, others] = [Object.keys(a), Object.keys(b)];
  const [x, y] = [a as Record<string, unknown>, b as Record<string, unknown>];
  return keys.length === others.length && keys.every((key) => same(x[key], y[key]));
}
