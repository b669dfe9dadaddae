import { useMemo, useRef } from "react";
import type { Applet } from "../../api/flows";
import { align, type Box, canAlign, WAYS, type Way } from "../../flow/align";
import { arrange, MORE, type Size } from "../../flow/arrange";
import { copy, paste } from "../../flow/clip";
import * as edits from "../../flow/edit";
import type { FlowNode, Graph, Point } from "../../flow/graph";
import { onward } from "../../flow/ports";
import type { Option, Question } from "./Chooser";
import type { Drawing } from "./drawn";
import type { Doing, Work } from "./work";

/** Where a new step comes from: the exit that leads to it. */
export type From = { node: string; exit: string };

export type Actions = ReturnType<typeof actions>;

type Now = {
  work: Work;
  drawing: Drawing;
  applets: ReadonlyMap<string, Applet>;
  doing: Doing;
  ask: (question: Question) => void;
};

/** What can be done to the graph. The functions stay the same from one drawing to the next. */
export function useActions(now: Now): Actions {
  const latest = useRef(now);
  latest.current = now;
  return useMemo(() => actions(() => latest.current), []);
}

function actions(now: () => Now) {
  const move = (moved: ReadonlyMap<string, Point>) => {
    const { drawing, doing } = now();
    doing.edit((text) => edits.moveNodes(pinned(text, now().work.graph, drawing), moved));
  };

  const addStep = (applet: string, from?: From, at?: Point) => {
    const { work, drawing, doing } = now();
    const name = edits.freeName(
      applet,
      work.graph.nodes.map((node) => node.name),
    );
    doing.edit(
      (text) => {
        const base = at ? pinned(text, work.graph, drawing) : text;
        const added = edits.addNode(base, { name, applet, ...(at && { at }) });
        return from ? edits.connect(added, from.node, from.exit, name) : added;
      },
      { select: [name] },
    );
    return name;
  };

  const withExit = (node: string, exit: string, then: (exit: string) => void) => {
    if (exit !== MORE) return then(exit);
    const ports = now().drawing.ports.get(node);
    const options = (ports?.more ?? []).map((value) => ({ value, label: value, help: "exit" }));
    now().ask({ title: `Which exit of ${node}?`, options, free: ports?.open ?? true, choose: then });
  };

  const promptAdd = (from?: From, at?: Point, pointer?: Question["at"]) => {
    const { ask, applets } = now();
    const add = (exit?: string) =>
      ask({
        title: exit && from ? `What comes after ${from.node} → ${exit}?` : "Which step?",
        options: appletOptions(applets),
        at: pointer,
        choose: (applet) => addStep(applet, exit && from ? { node: from.node, exit } : undefined, at),
      });
    if (from) withExit(from.node, from.exit, add);
    else add();
  };

  const promptInsert = (node: string, exit: string, to: string) => {
    const { ask, applets, doing, work } = now();
    ask({
      title: `What comes between ${node} and ${to}?`,
      options: appletOptions(applets),
      choose: (applet) => {
        const name = edits.freeName(
          applet,
          work.graph.nodes.map((one) => one.name),
        );
        const on = onward(applet, applets.get(applet) ?? { exits: [], example: "" });
        doing.edit((text) => edits.insertNode(text, { node, exit, to }, { name, applet }, on), { select: [name] });
      },
    });
  };

  const wire = (node: string, exit: string, to: string) => {
    withExit(node, exit, (exit) => now().doing.edit((text) => edits.connect(text, node, exit, to)));
  };

  /** Asks for a target: a node that is there, or a new one. */
  const promptTarget = (node: string, exit: string) => {
    const { ask, work, applets } = now();
    const there = work.graph.nodes.map(({ name, applet }) => ({
      value: `node ${name}`,
      label: name,
      help: applets.get(applet)?.title ?? applet,
      group: "steps",
    }));
    const fresh = appletOptions(applets).map((one) => ({
      ...one,
      value: `new ${one.value}`,
      label: `New: ${one.label}`,
    }));
    ask({
      title: `Where does ${node} → ${exit} lead?`,
      options: [...there, ...fresh],
      choose: (chosen) => {
        const [kind, ...rest] = chosen.split(" ");
        const name = rest.join(" ");
        if (kind === "new") addStep(name, { node, exit });
        else wire(node, exit, name);
      },
    });
  };

  const promptWire = (node: string) => {
    const { ask, drawing, work } = now();
    const ports = drawing.ports.get(node);
    if (!ports) return;
    const bare = ports.drawn.filter(({ to }) => to === null);
    const [only] = bare;
    if (bare.length === 1 && only && ports.drawn.length === 1) return promptTarget(node, only.name);
    const named = new Set(work.graph.nodes.map(({ name }) => name));
    const options: Option[] = [...bare, ...ports.drawn.filter(({ to }) => to !== null)].map(({ name, to }) => ({
      value: name,
      label: name,
      help: to === null ? "leads nowhere yet" : `leads to ${to}${named.has(to) ? "" : ", which is not there"}`,
    }));
    const more = ports.more.map((value) => ({ value, label: value, help: "not wired" }));
    ask({
      title: `Which exit of ${node}?`,
      options: [...options, ...more],
      free: ports.open,
      choose: (exit) => promptTarget(node, exit),
    });
  };

  const remove = (names: readonly string[]) => {
    if (names.length > 0) now().doing.edit((text) => edits.removeNodes(text, names), { select: [] });
  };

  const alignSelected = (way: Way) => {
    const { work, drawing } = now();
    const boxes = work.selected.map((name): [string, Box] => {
      return [name, { ...(drawing.sizes.get(name) as Size), at: drawing.places.get(name) as Point }];
    });
    const places = align(way, new Map(boxes));
    if (places.size > 0) move(places);
  };

  /** Asks in which way the selected steps are put in line. */
  const promptAlign = () => {
    const { work, ask } = now();
    const ways = (Object.keys(WAYS) as Way[]).filter((way) => canAlign(way, work.selected.length));
    const options = ways.map((value): Option => ({ value, label: WAYS[value] }));
    const title = `How are the ${work.selected.length} steps put in line?`;
    if (ways.length > 0) ask({ title, options, choose: (way) => alignSelected(way as Way) });
  };

  return {
    move,
    align: alignSelected,
    promptAlign,
    removeSelected: () => remove(now().work.selected),
    addStep,
    promptAdd,
    promptInsert,
    promptTarget,
    promptWire,
    wire,
    remove,
    unwire: (node: string, exit: string) => now().doing.edit((text) => edits.disconnect(text, node, exit)),
    nudge: (names: readonly string[], dx: number, dy: number) => {
      const { places } = now().drawing;
      const at = (name: string) => places.get(name) ?? [0, 0];
      move(new Map(names.map((name) => [name, [at(name)[0] + dx, at(name)[1] + dy]])));
    },
    arrangeAll: () => {
      const { work, drawing, doing } = now();
      const size = ({ name }: FlowNode) => drawing.sizes.get(name) as Size;
      const places = arrange(work.graph, size);
      doing.edit((text) => edits.moveNodes(text, places));
    },
    copied: (): string => {
      const { work, drawing } = now();
      return work.selected.length > 0 ? copy(work.history.now, work.selected, drawing.places) : "";
    },
    pasted: (part: string, at: Point): boolean => {
      const { work, drawing, doing } = now();
      const taken = [...drawing.places].some(([, [x, y]]) => Math.abs(x - at[0]) < 200 && Math.abs(y - at[1]) < 100);
      const right = Math.max(...[...drawing.places].map(([name, [x]]) => x + (drawing.sizes.get(name)?.width ?? 0)));
      const place: Point = taken ? [right + 60, at[1]] : at;
      const result = paste(pinned(work.history.now, work.graph, drawing), part, place);
      if (result) doing.edit(() => result.text, { select: result.names });
      return result !== null;
    },
  };
}

const nothing = () => {};

/** For a canvas that is only looked at. */
export const STILL: Actions = {
  move: nothing,
  align: nothing,
  promptAlign: nothing,
  removeSelected: nothing,
  addStep: () => "",
  promptAdd: nothing,
  promptInsert: nothing,
  promptTarget: nothing,
  promptWire: nothing,
  wire: nothing,
  remove: nothing,
  unwire: nothing,
  nudge: nothing,
  arrangeAll: nothing,
  copied: () => "",
  pasted: () => false,
};

/** Where one place is written, all are: the others would move otherwise. */
function pinned(text: string, graph: Graph, { places }: Drawing): string {
  const loose = graph.nodes.filter(({ position }) => !position).map(({ name }) => name);
  const found = loose.flatMap((name) => (places.has(name) ? [[name, places.get(name) as Point] as const] : []));
  return found.length > 0 ? edits.moveNodes(text, new Map(found)) : text;
}

export function appletOptions(applets: ReadonlyMap<string, Applet>): Option[] {
  return [...applets.values()].map(({ name, title, summary, group }) => ({
    value: name,
    label: title,
    help: summary,
    group,
  }));
}
