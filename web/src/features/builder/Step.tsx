import { Handle, type NodeProps, Position } from "@xyflow/react";
import { memo } from "react";
import type { Change } from "../../flow/against";
import { MORE } from "../../flow/arrange";
import { ENTRY, type StepNode } from "./drawn";
import { Note } from "./Note";

export const CHANGED: Record<Change, string> = { added: "Added", changed: "Changed" };

/** A node on the canvas: what it is, what it does, and its exits along the lower edge. */
export const Step = memo(function Step({ data, selected, width }: NodeProps<StepNode>) {
  const { name, title, group, gist, note, start, ports, spots, problem, walk, change } = data;
  const byName = new Map(ports.drawn.map((port) => [port.name, port]));
  return (
    <div className={`step ${selected ? "selected" : ""} ${problem ?? ""} ${walk ?? ""}`} data-group={group}>
      <Handle type="target" id={ENTRY} position={Position.Top} />
      {change && <span className={`step-change ${change}`} title={`${CHANGED[change]} since it was published`} />}
      <div className="step-name">
        {start && <span className="step-start">start</span>}
        <strong>{name}</strong>
        {problem && <span className="step-problem">{problem === "error" ? "!" : "?"}</span>}
      </div>
      <div className="step-gist">
        <span>{title}</span>
        {gist && <span className="faint"> {gist}</span>}
      </div>
      {note && <Note text={note} width={width ?? 0} />}
      {spots.map((spot) => {
        const port = byName.get(spot.name);
        const bare = port?.required && port.to === null;
        return (
          <span
            key={spot.name}
            className={`port ${bare ? "bare" : port?.to ? "wired" : ""}`}
            style={{ left: spot.left, width: spot.width }}
          >
            {spot.name}
            <Handle
              type="source"
              id={spot.name}
              position={Position.Bottom}
              title={
                spot.name === MORE ? "Drag to wire another exit" : `Exit ${spot.name}${bare ? ": must be wired" : ""}`
              }
            />
          </span>
        );
      })}
    </div>
  );
});
