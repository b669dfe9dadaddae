/** The exits of a node as its ports: those that must be wired, those that are, and a way to the others. */
import type { FlowNode, Wire } from "./graph";
import { read } from "./graph";

export type Port = { name: string; to: string | null; required: boolean };

/** What the compiler knows of a node's exits. */
export type Compiled = { applet: string; exits: readonly Pick<Port, "name" | "required">[] };

/** What the catalogue says of an applet's exits: names, and words that say which names there may be. */
export type Exits = { exits: readonly string[]; example: string };

export type Ports = {
  /** Those that are drawn. */
  drawn: Port[];
  /** The names of more that may be wired. */
  more: string[];
  /** Whether any other name may be, too. */
  open: boolean;
};

/** More ports than that are drawn only if they are wired or must be. */
const FEW = 5;

/** A node's ports: by the compiler, as far as it could read the node; else by the applet's example. */
export function portsOf(node: FlowNode, compiled: Compiled | undefined, applet: Exits | undefined): Ports {
  const wired = new Map(node.wires.map(({ exit, to }) => [exit, to]));
  const known = compiled?.applet === node.applet ? compiled.exits : [];
  const read = known.some((port) => port.required || !wired.has(port.name));
  const from = read || !applet ? known : typical(node.applet, applet).map((name) => ({ name, required: false }));
  const all: Port[] = from.map(({ name, required }) => ({ name, required, to: wired.get(name) ?? null }));
  for (const { exit, to } of node.wires) {
    if (!all.some((port) => port.name === exit)) all.push({ name: exit, to, required: false });
  }
  const drawn = all.length <= FEW ? all : all.filter((port) => port.required || port.to !== null);
  const hidden = all.filter((port) => !drawn.includes(port)).map((port) => port.name);
  return { drawn, more: hidden, open: (applet?.exits ?? []).some((exit) => exit.includes(" ") && !isRange(exit)) };
}

/** `0 … 9, *, #` names them all; the compiler lists them. */
function isRange(exit: string): boolean {
  return exit.includes("…");
}

const EXAMPLES = new Map<string, string[]>();

/** The exits that an applet's example wires. */
function typical(name: string, { example }: Exits): string[] {
  const known = EXAMPLES.get(example);
  if (known) return known;
  const node = read(example).graph?.nodes.find(({ applet }) => applet === name);
  const exits = (node?.wires ?? []).map((wire: Wire) => wire.exit);
  EXAMPLES.set(example, exits);
  return exits;
}

/** The exit by which a new node would go on where the wire led that it was put into. */
export function onward(name: string, applet: Exits): string | undefined {
  const exits = typical(name, applet);
  return exits.includes("next") ? "next" : exits[0];
}
