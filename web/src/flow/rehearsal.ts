/** What a flow asks of the world outside: the parts that a rehearsal gives to somebody. */
import type { FlowNode, Graph } from "./graph";

/** The settings that hold addresses which are asked, in the order in which they are. */
const URLS = ["url", "fallback_url", "shadow_url", "events"];

/** The sites of a flow, without their queries: a rehearsal's answers go by that. */
export function sitesOf(graph: Graph): string[] {
  const urls = graph.nodes.flatMap(({ fields }) => URLS.map((name) => fields[name]));
  const sites = urls.flatMap((url) =>
    typeof url === "string" && /^https?:/.test(url) ? [url.replace(/[?#].*/, "")] : [],
  );
  return [...new Set(sites)];
}

/** Who may be rung: users by name, numbers, SIP URIs. */
export function targetsOf(graph: Graph): string[] {
  const targets = graph.nodes.filter(({ applet }) => applet === "connect").flatMap(({ fields }) => listed(fields.to));
  return [...new Set(targets.map(who).filter((name) => name !== ""))];
}

function listed(to: unknown): string[] {
  if (typeof to === "string" || typeof to === "number") return [String(to)];
  if (Array.isArray(to)) return to.flatMap(listed);
  return typeof to === "object" && to !== null && "target" in to ? listed(to.target) : [];
}

/** `sip:sales` is the user sales. A template is known only when it runs. */
function who(target: string): string {
  if (target.includes("{{") || target.startsWith("group:")) return "";
  const user = /^sip:([^@]+)$/.exec(target)?.[1];
  return user ?? target;
}

/** Whether keys can be pressed anywhere. */
export function hearsKeys(graph: Graph): boolean {
  return graph.nodes.some(({ applet }: FlowNode) => applet === "ivr" || applet === "gather");
}

/** Keys for each step that waits for some: `1, 23#, -`; a dash lets one wait in vain. */
export function presses(text: string): string[] {
  const steps = text.split(/[,\s]+/).filter(Boolean);
  return steps.map((keys) => (keys === "-" ? "" : keys));
}
