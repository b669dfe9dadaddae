import { explain } from "./explain";
import type { Line } from "./line";

/** Where a call stands: in which flow, at which step, by which exit it came there. */
interface Stand {
  flow: string | null;
  node: string | null;
  exit: string | null;
  over: boolean;
}

function standOf(lines: readonly Line[]): Stand {
  const stand: Stand = { flow: null, node: null, exit: null, over: false };
  let left: string | null = null;
  for (const line of lines) {
    if (line.event === "flow_started" || line.event === "flow_resumed") {
      Object.assign(stand, { flow: line.flow, node: null });
    } else if (line.event === "node_left") {
      left = line.exit;
    } else if (line.event === "node_entered") {
      Object.assign(stand, { node: line.node, exit: left });
      left = null;
    } else if (line.event === "ended") {
      stand.over = true;
    }
  }
  return stand;
}

/** Where a call stands, as it is told to who looks at that flow; of a call that is over, how it ended. */
export function whereabouts(lines: readonly Line[], flow: string): string {
  const { flow: now, node, exit, over } = standOf(lines);
  if (over) return explain(lines)[0]?.text ?? "The call is over.";
  if (now === null) return "The call has come to no flow yet.";
  const at = node === null ? "" : `\`${node}\``;
  if (now !== flow) return `The call goes on in the flow \`${now}\`${at && `, at ${at}`}.`;
  if (!at) return "The call has come to no step yet.";
  return exit === null ? `The call stands at ${at}.` : `By \`${exit}\` the call came to ${at}, and stands there.`;
}
