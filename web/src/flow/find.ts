/** Search: nodes by anything that is written in them. */
import type { FlowNode } from "./graph";

/** Nodes in which every word stands, those first whose name begins with the text. */
export function find(nodes: readonly FlowNode[], text: string): FlowNode[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const said = (node: FlowNode) =>
    [node.name, node.applet, node.note ?? "", JSON.stringify(node.fields), ...node.wires.map(({ exit }) => exit)]
      .join(" ")
      .toLowerCase();
  const rank = (node: FlowNode) => (words[0] && node.name.toLowerCase().startsWith(words[0]) ? 0 : 1);
  const found = nodes.filter((node) => {
    const text = said(node);
    return words.every((word) => text.includes(word));
  });
  return found.sort((a, b) => rank(a) - rank(b));
}
