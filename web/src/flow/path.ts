/** The way that a call took through a flow, from its journal or from a rehearsal. */

/** A node that a call came to, and how it left: by an exit, for another flow, or not at all. */
export type Step = { node: string; exit?: string | null; flow?: string | null };

/** A line of a journal, as far as it is looked at here. */
export type Line = { event: string; flow?: unknown; version?: unknown; node?: unknown; exit?: unknown };

export type Path = {
  nodes: ReadonlySet<string>;
  /** The ids of the wires that were taken. */
  wires: ReadonlySet<string>;
  /** Where the call is, or ended. */
  last: string | null;
};

/** A wire's name: no two names of nodes and exits make the same one. */
export function wireId(node: string, exit: string): string {
  return JSON.stringify([node, exit]);
}

/** The steps of a call in the flow of that name: what it did in others is left out. */
export function stepsOf(lines: readonly Line[], flow: string): Step[] {
  const steps: Step[] = [];
  let here: string | null = flow;
  for (const line of lines) {
    if (line.event === "flow_started" || line.event === "flow_resumed") here = text(line.flow);
    if (here !== flow) continue;
    const node = text(line.node);
    if (node !== null && line.event === "node_entered") steps.push({ node, exit: null });
    if (node !== null && line.event === "node_left") {
      const left = steps.findLast((step) => step.node === node && step.exit === null);
      if (left) left.exit = text(line.exit);
    }
  }
  return steps;
}

/** The steps in the flow where the call began, the others left out: a rehearsal tells all in a row. */
export function ownSteps(steps: readonly Step[]): Step[] {
  const away = steps.findIndex(({ flow }) => flow != null);
  return away < 0 ? [...steps] : steps.slice(0, away + 1);
}

/** The version of the flow that the call ran, if its journal says. */
export function versionOf(lines: readonly Line[], flow: string): number | null {
  const line = lines.find(({ event, flow: name }) => event === "flow_started" && name === flow);
  return typeof line?.version === "number" ? line.version : null;
}

function text(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

/** The path as far as its first steps went. */
export function pathOf(steps: readonly Step[], upTo = steps.length): Path {
  const taken = steps.slice(0, upTo);
  return {
    nodes: new Set(taken.map((step) => step.node)),
    wires: new Set(taken.flatMap(({ node, exit }) => (exit == null ? [] : [wireId(node, exit)]))),
    last: taken.at(-1)?.node ?? null,
  };
}
