import {
  applyNodeChanges,
  Background,
  type Connection,
  Controls,
  type FinalConnectionState,
  MiniMap,
  type NodeChange,
  ReactFlow,
  type ReactFlowInstance,
  ReactFlowProvider,
  SelectionMode,
  useReactFlow,
} from "@xyflow/react";
import "@xyflow/react/dist/style.css";
import { type DragEvent, useCallback, useEffect, useRef, useState } from "react";
import type { Point } from "../../flow/graph";
import { type Drawing, ENTRY, kept, type StepNode, type WireEdge } from "./drawn";
import { Step } from "./Step";
import type { Actions } from "./useActions";
import { useCanvasKeys } from "./useCanvasKeys";
import { Inserting, Wire } from "./Wire";

const NODES = { step: Step };
const EDGES = { wire: Wire };

/** What is dragged from the palette. */
export const APPLET = "application/x-passthru-applet";

export type CanvasProps = {
  drawing: Drawing;
  selected: readonly string[];
  actions: Actions;
  /** The step that is kept in sight, as a call comes to it. */
  follow?: string | null;
  /** Whether it is only looked at. */
  fixed?: boolean;
  select: (names: readonly string[]) => void;
  undo: () => void;
  redo: () => void;
  /** Goes to the settings of the selected step. */
  open: () => void;
  find: () => void;
  /** Shows all keys. */
  help: () => void;
};

export function Canvas(props: CanvasProps) {
  return (
    <ReactFlowProvider>
      <Board {...props} />
    </ReactFlowProvider>
  );
}

function Board(props: CanvasProps) {
  const { drawing, selected, actions, select, fixed = false } = props;
  const flow = useReactFlow<StepNode, WireEdge>();
  const [nodes, setNodes] = useState<StepNode[]>([]);
  const [edges, setEdges] = useState<WireEdge[]>([]);
  const chosen = useRef(selected);
  chosen.current = selected;

  useEffect(() => {
    const now = new Set(selected);
    setNodes((before) => {
      const measured = new Map(before.map((node) => [node.id, node.measured]));
      const fresh = drawing.nodes.map((node): StepNode => {
        const size = measured.get(node.id) ?? { width: node.width as number, height: node.height as number };
        return { ...node, selected: now.has(node.id), measured: size };
      });
      return kept(before, fresh);
    });
  }, [drawing.nodes, selected]);
  useEffect(() => setEdges((before) => kept(before, drawing.edges)), [drawing.edges]);

  const change = useCallback(
    (changes: NodeChange<StepNode>[]) => {
      setNodes((now) =>
        applyNodeChanges(
          changes.filter(({ type }) => type !== "remove" && type !== "select"),
          now,
        ),
      );
      const picks = changes.filter((one) => one.type === "select");
      if (picks.length === 0) return;
      const names = new Set(chosen.current);
      for (const pick of picks) pick.selected ? names.add(pick.id) : names.delete(pick.id);
      select([...names]);
    },
    [select],
  );
  const dropped = useCallback(
    (_: unknown, __: StepNode, moved: StepNode[]) =>
      actions.move(new Map(moved.map(({ id, position: { x, y } }) => [id, [x, y] as Point]))),
    [actions],
  );
  const connected = useCallback(
    ({ source, sourceHandle, target }: Connection) => actions.wire(source, sourceHandle ?? "next", target),
    [actions],
  );
  const letGo = useCallback(
    (event: MouseEvent | TouchEvent, state: FinalConnectionState) => {
      if (state.isValid || !state.fromNode || state.fromHandle?.type !== "source") return;
      const { clientX: x = 0, clientY: y = 0 } = ("changedTouches" in event ? event.changedTouches[0] : event) ?? {};
      const target = document.elementFromPoint(x, y)?.closest(".react-flow__node")?.getAttribute("data-id");
      const from = { node: state.fromNode.id, exit: state.fromHandle.id ?? "next" };
      if (target) return actions.wire(from.node, from.exit, target);
      const at = flow.screenToFlowPosition({ x, y });
      actions.promptAdd(from, [at.x - 95, at.y], { x, y });
    },
    [actions, flow],
  );
  const drop = (event: DragEvent) => {
    const applet = event.dataTransfer.getData(APPLET);
    if (!applet) return;
    event.preventDefault();
    const { x, y } = flow.screenToFlowPosition({ x: event.clientX, y: event.clientY });
    actions.addStep(applet, undefined, [x - 95, y - 30]);
  };
  const keys = useCanvasKeys(props, flow);

  return (
    <Inserting value={actions.promptInsert}>
      <div
        className={fixed ? "canvas fixed" : "canvas"}
        role="application"
        aria-label="Canvas of the flow"
        aria-describedby="canvas-keys"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: an application takes keys, as its role says
        tabIndex={0}
        onPointerDown={(event) => event.currentTarget.focus({ preventScroll: true })}
        onKeyDown={keys.key}
        onCopy={keys.copy}
        onCut={keys.cut}
        onPaste={keys.paste}
        onDragOver={(event) => event.dataTransfer.types.includes(APPLET) && event.preventDefault()}
        onDrop={drop}
      >
        <span id="canvas-keys" hidden>
          Arrow keys go from step to step, Enter opens the settings, W wires an exit, A adds a step, Delete takes it
          out, question mark shows all keys.
        </span>
        <span className="aside" aria-live="polite">
          {keys.said}
        </span>
        <ReactFlow
          nodes={nodes}
          edges={edges}
          nodeTypes={NODES}
          edgeTypes={EDGES}
          onNodesChange={change}
          onNodeDragStop={dropped}
          onSelectionDragStop={(event, moved) => dropped(event, moved[0] as StepNode, moved)}
          onConnect={connected}
          onConnectEnd={letGo}
          onEdgesDelete={(gone) =>
            gone.forEach((edge) => void actions.unwire(edge.source, edge.sourceHandle ?? "next"))
          }
          onReconnect={(edge, { source, sourceHandle, target }) => {
            if (source !== edge.source || sourceHandle !== edge.sourceHandle) {
              actions.unwire(edge.source, edge.sourceHandle ?? "next");
            }
            actions.wire(source, sourceHandle ?? "next", target);
          }}
          isValidConnection={({ targetHandle }) => targetHandle === ENTRY}
          onlyRenderVisibleElements
          nodesDraggable={!fixed}
          nodesConnectable={!fixed}
          edgesReconnectable={!fixed}
          nodesFocusable={false}
          edgesFocusable={false}
          disableKeyboardA11y
          deleteKeyCode={null}
          selectionMode={SelectionMode.Partial}
          panOnScroll
          connectionRadius={30}
          minZoom={0.1}
          maxZoom={1.75}
          onInit={(board) => void begin(board, drawing)}
        >
          <Background gap={20} />
          <Controls showInteractive={false} />
          <MiniMap pannable zoomable ariaLabel="Map of the flow" nodeStrokeWidth={0} />
        </ReactFlow>
      </div>
    </Inserting>
  );
}

/** Smaller, nothing can be read. */
const READABLE = 0.6;

/** The whole flow if it can be read so; else its start, at the top. */
async function begin(flow: ReactFlowInstance<StepNode, WireEdge>, { nodes }: Drawing): Promise<void> {
  await flow.fitView({ maxZoom: 1, padding: 0.1 });
  const start = nodes.find(({ data }) => data.start) ?? nodes[0];
  const box = document.querySelector(".canvas")?.getBoundingClientRect();
  if (!start || !box || flow.getZoom() >= READABLE) return;
  const zoom = 0.8;
  const x = box.width / 2 - (start.position.x + (start.width ?? 0) / 2) * zoom;
  await flow.setViewport({ x, y: 40 - start.position.y * zoom, zoom });
}
