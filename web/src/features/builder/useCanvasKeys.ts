import type { ReactFlowInstance } from "@xyflow/react";
import { type ClipboardEvent, type KeyboardEvent, useEffect } from "react";
import { neighbour, type Way } from "../../flow/walk";
import type { CanvasProps } from "./Canvas";
import type { StepNode, WireEdge } from "./drawn";
import { CHANGED } from "./Step";

const WAYS: Record<string, Way> = { ArrowUp: "up", ArrowDown: "down", ArrowLeft: "left", ArrowRight: "right" };

/** How far a step is moved by Shift and an arrow. */
const NUDGE = 20;

/** All keys of the canvas, as they are told to people. */
export const KEYS: readonly [keys: string, what: string][] = [
  ["Arrows", "Go from step to step"],
  ["Enter", "Open the step's settings"],
  ["W", "Wire an exit: choose it, then where it leads"],
  ["A", "Add a step after this one"],
  ["Delete", "Take the selected steps out"],
  ["Shift + arrows", "Move the selected steps"],
  ["Ctrl + arrows", "Take the next step into the selection"],
  ["Ctrl + A", "Select all steps"],
  ["G", "Put the selected steps in line, or the same gaps between them"],
  ["Ctrl + C, X, V", "Copy, cut, paste steps as text"],
  ["Ctrl + Z, Ctrl + Shift + Z", "Undo, redo"],
  ["Ctrl + K", "Find a step"],
  ["L", "Arrange all steps"],
  ["F", "Show the whole flow"],
  ["Escape", "Select nothing"],
  ["?", "Show these keys"],
];

/** The canvas without a mouse. `said` tells a screen reader which step is selected. */
export function useCanvasKeys(props: CanvasProps, flow: ReactFlowInstance<StepNode, WireEdge>) {
  const { drawing, selected, actions, select, undo, redo, open, find, help, follow = null } = props;
  const last = selected.at(-1) ?? null;
  const one = selected.length === 1 ? last : null;

  /** Brings a step into sight. */
  const show = (name: string) => {
    const [place, size] = [drawing.places.get(name), drawing.sizes.get(name)];
    if (!place || !size) return;
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const zoom = Math.max(flow.getZoom(), 0.6);
    void flow.setCenter(place[0] + size.width / 2, place[1] + size.height / 2, { zoom, duration: still ? 0 : 160 });
  };
  const go = (name: string | null | undefined, besides: readonly string[] = []) => {
    if (!name) return;
    select([...besides.filter((one) => one !== name), name]);
    show(name);
  };

  /** The first exit of a step that leads nowhere yet. */
  const bare = () => {
    const port = one === null ? undefined : drawing.ports.get(one)?.drawn.find(({ to }) => to === null);
    return one !== null && port ? { node: one, exit: port.name } : undefined;
  };
  const plain = new Map([
    ["Enter", () => one && open()],
    ["w", () => one && actions.promptWire(one)],
    ["a", () => actions.promptAdd(bare())],
    ["Delete", () => actions.remove(selected)],
    ["Backspace", () => actions.remove(selected)],
    ["Escape", () => select([])],
    ["g", () => actions.promptAlign()],
    ["l", () => actions.arrangeAll()],
    ["f", () => void flow.fitView({ maxZoom: 1, padding: 0.1 })],
    ["?", help],
  ]);
  const withCtrl = new Map([
    ["a", () => select(drawing.nodes.map(({ id }) => id))],
    ["z", undo],
    ["Z", redo],
    ["y", redo],
    ["k", find],
  ]);

  const key = (event: KeyboardEvent) => {
    if (
      event.target !== event.currentTarget &&
      (event.target as HTMLElement).closest("input, textarea, select, button")
    )
      return;
    const way = WAYS[event.key];
    const ctrl = event.ctrlKey || event.metaKey;
    if (way && event.shiftKey) {
      const [dx, dy] = { up: [0, -1], down: [0, 1], left: [-1, 0], right: [1, 0] }[way] as [number, number];
      actions.nudge(selected, dx * NUDGE, dy * NUDGE);
    } else if (way && last) go(neighbour(last, way, drawing.places), ctrl ? selected : []);
    else if (way) go(drawing.nodes[0]?.id);
    else {
      const act = (ctrl ? withCtrl : plain).get(event.key);
      if (!act) return;
      act();
    }
    event.preventDefault();
    event.stopPropagation();
  };

  const onText = (event: ClipboardEvent) => (event.target as HTMLElement).closest("input, textarea") !== null;
  const copy = (event: ClipboardEvent) => {
    const text = actions.copied();
    if (!text || onText(event)) return false;
    event.clipboardData.setData("text/plain", text);
    event.preventDefault();
    return true;
  };
  const paste = (event: ClipboardEvent) => {
    if (onText(event)) return;
    const box = event.currentTarget.getBoundingClientRect();
    const { x, y } = flow.screenToFlowPosition({ x: box.left + box.width / 3, y: box.top + box.height / 3 });
    if (actions.pasted(event.clipboardData.getData("text/plain"), [Math.round(x), Math.round(y)]))
      event.preventDefault();
  };

  // A step that is chosen elsewhere, in the list of problems say, comes into sight; so does the one that a call came to.
  // biome-ignore lint/correctness/useExhaustiveDependencies: only a new choice moves the canvas
  useEffect(() => {
    const name = follow ?? one;
    if (name !== null && !isInSight(name, drawing, flow)) show(name);
  }, [one, follow]);

  const several = selected.length > 1 ? `${selected.length} steps are selected, the last of them ${last}.` : "";
  const said = one === null ? several : spoken(one, drawing);
  return { key, copy, cut: (event: ClipboardEvent) => copy(event) && actions.remove(selected), paste, said };
}

function isInSight(
  name: string,
  drawing: CanvasProps["drawing"],
  flow: ReactFlowInstance<StepNode, WireEdge>,
): boolean {
  const [place, size] = [drawing.places.get(name), drawing.sizes.get(name)];
  const box = document.querySelector(".canvas")?.getBoundingClientRect();
  if (!place || !size || !box) return true;
  const { x, y } = flow.flowToScreenPosition({ x: place[0] + size.width / 2, y: place[1] + size.height / 2 });
  return x > box.left && x < box.right && y > box.top && y < box.bottom;
}

function spoken(name: string, { nodes, ports }: CanvasProps["drawing"]): string {
  const node = nodes.find(({ id }) => id === name);
  if (!node) return "";
  const exits = (ports.get(name)?.drawn ?? []).map((port) =>
    port.to === null ? `${port.name} is not wired` : `${port.name} leads to ${port.to}`,
  );
  const problem = node.data.problem ? ` Has ${node.data.problem === "error" ? "an error" : "a warning"}.` : "";
  const change = node.data.change ? ` ${CHANGED[node.data.change]} since it was published.` : "";
  const note = node.data.note ? ` Note: ${node.data.note}` : "";
  return `${name}, ${node.data.title}. ${exits.join(", ") || "No exits"}.${problem}${change}${note}`;
}
