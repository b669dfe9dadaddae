import { BaseEdge, type EdgeProps, getBezierPath } from "@xyflow/react";
import { createContext, memo, use } from "react";
import type { WireEdge } from "./drawn";

/** Puts a node into a wire. */
export const Inserting = createContext<(source: string, exit: string, target: string) => void>(() => {});

/** A wire, with a + in its middle. */
export const Wire = memo(function Wire(props: EdgeProps<WireEdge>) {
  const { source, target, sourceX, sourceY, targetX, targetY, data, markerEnd } = props;
  const insert = use(Inserting);
  const [path, x, y] = source === target ? around(sourceX, sourceY, targetX, targetY) : getBezierPath(props);
  return (
    <>
      <BaseEdge path={path} {...(markerEnd && { markerEnd })} interactionWidth={16} />
      {/* Without a mouse, the tab Exits does the same. */}
      {/* biome-ignore lint/a11y/noStaticElementInteractions: a button of SVG; the keyboard has its own way */}
      <g
        className="wire-add"
        transform={`translate(${x} ${y})`}
        onClick={(event) => {
          event.stopPropagation();
          insert(source, data?.exit ?? "", target);
        }}
      >
        <title>Put a step here</title>
        <circle r="9" />
        <path d="M-4 0H4M0 -4V4" />
      </g>
    </>
  );
});

/** From a node's lower edge round its right side to its upper edge. */
function around(fromX: number, fromY: number, toX: number, toY: number): [string, number, number] {
  const side = Math.max(fromX, toX) + 150;
  const path = `M${fromX} ${fromY} C${fromX} ${fromY + 60} ${side} ${fromY + 60} ${side} ${(fromY + toY) / 2} S${toX} ${toY - 60} ${toX} ${toY}`;
  return [path, side, (fromY + toY) / 2];
}
