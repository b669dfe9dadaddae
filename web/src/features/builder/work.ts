import { useMemo, useReducer } from "react";
import { type Fault, type Graph, read } from "../../flow/graph";
import { begun, type History, redo, step, undo } from "../../flow/history";

export type Work = {
  history: History<string>;
  /** The document as it was last readable. */
  graph: Graph;
  /** Why the text as it is now cannot be read. */
  fault: Fault | null;
  selected: readonly string[];
};

type Change = (text: string) => string;

export type Action =
  | { kind: "edit"; change: Change; mark?: string | undefined; select?: readonly string[] | undefined }
  | { kind: "select"; names: readonly string[] }
  | { kind: "undo" | "redo" }
  | { kind: "load"; text: string };

const NOTHING: Graph = { name: "", start: "", nodes: [] };

function begin(text: string): Work {
  return look({ history: begun(text), graph: NOTHING, fault: null, selected: [] });
}

/** Reads the text, and forgets what of the selection is gone. */
function look(work: Work): Work {
  const { graph = work.graph, fault = null } = read(work.history.now);
  const names = new Set(graph.nodes.map(({ name }) => name));
  return { ...work, graph, fault, selected: work.selected.filter((name) => names.has(name)) };
}

function reduce(work: Work, action: Action): Work {
  switch (action.kind) {
    case "select": {
      const same =
        action.names.length === work.selected.length && action.names.every((n, at) => work.selected[at] === n);
      return same ? work : { ...work, selected: action.names };
    }
    case "edit": {
      const history = step(work.history, action.change(work.history.now), action.mark ?? null);
      return look({ ...work, history, selected: action.select ?? work.selected });
    }
    case "load":
      return look({ ...work, history: step(work.history, action.text) });
    case "undo":
      return look({ ...work, history: undo(work.history) });
    case "redo":
      return look({ ...work, history: redo(work.history) });
  }
}

export type Doing = {
  /** Changes the text. Changes of one mark are undone together. */
  edit: (change: Change, more?: { mark?: string; select?: readonly string[] }) => void;
  select: (names: readonly string[]) => void;
  undo: () => void;
  redo: () => void;
  load: (text: string) => void;
};

/** A flow that is being worked on: its text is the truth, the graph is read from it. */
export function useWork(document: string): [Work, Doing] {
  const [work, dispatch] = useReducer(reduce, document, begin);
  const doing = useMemo<Doing>(
    () => ({
      edit: (change, more = {}) => dispatch({ kind: "edit", change, ...more }),
      select: (names) => dispatch({ kind: "select", names }),
      undo: () => dispatch({ kind: "undo" }),
      redo: () => dispatch({ kind: "redo" }),
      load: (text) => dispatch({ kind: "load", text }),
    }),
    [],
  );
  return [work, doing];
}
