/** What a draft has of steps that the published version has not, and the other way round. */
import type { FlowNode, Graph } from "./graph";

export type Change = "added" | "changed";

export type Against = {
  /** The version that runs. */
  version: number;
  steps: ReadonlyMap<string, Change>;
  gone: readonly string[];
  /** Whether calls begin elsewhere. */
  start: boolean;
};

/** Names of steps that are gone, in a line. */
const FEW = 3;

/** Where a step is drawn is no difference. */
export function against(version: number, before: Graph, now: Graph): Against {
  const old = new Map(before.nodes.map((node) => [node.name, node]));
  const steps = new Map<string, Change>();
  for (const node of now.nodes) {
    const was = old.get(node.name);
    if (!was) steps.set(node.name, "added");
    else if (!isSame(was, node)) steps.set(node.name, "changed");
    old.delete(node.name);
  }
  return { version, steps, gone: [...old.keys()], start: before.start !== now.start };
}

function isSame(a: FlowNode, b: FlowNode): boolean {
  // What is written alike is read once.
  if (a.fields === b.fields && a.wires === b.wires) return true;
  return essence(a) === essence(b);
}

function essence({ applet, wires, fields, note }: FlowNode): string {
  const sorted = [...wires].sort((a, b) => (a.exit < b.exit ? -1 : 1)).map(({ exit, to }) => [exit, to]);
  return JSON.stringify([applet, sorted, fields, note]);
}

/** The difference in a line. */
export function told({ version, steps, gone, start }: Against): string {
  const count = (change: Change) => [...steps.values()].filter((one) => one === change).length;
  const [added, changed] = [count("added"), count("changed")];
  const parts = [
    added > 0 && `${added} added`,
    changed > 0 && `${changed} changed`,
    gone.length > 0 && `gone: ${few(gone)}`,
    start && "another start",
  ].filter(Boolean);
  return `Against version ${version}: ${parts.join(", ") || "the same steps"}`;
}

function few(names: readonly string[]): string {
  const left = names.length - FEW;
  return left > 0 ? `${names.slice(0, FEW).join(", ")} and ${left} more` : names.join(", ");
}
