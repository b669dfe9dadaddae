import type { Field } from "../../ui/Filters";

/** What callouts can be narrowed by: all that the API knows. */
export const NAMES = ["kind", "state", "flow", "origin", "status", "failure", "since", "until"] as const;
export type Filter = Partial<Record<(typeof NAMES)[number], string>>;

const STATES = ["answered", "failed", "waiting", "running", "delivered", "dead"];
const FAILURES = ["blocked", "dns", "refused", "tls", "timeout", "bad-answer", "circuit-open", "cancelled"];

export function fields(flows: readonly string[]): Field[] {
  return [
    { name: "state", label: "State", kind: "choice", options: STATES },
    { name: "kind", label: "Kind", kind: "choice", options: ["sync", "async"] },
    { name: "status", label: "Status", kind: "number" },
    { name: "failure", label: "Failure", kind: "choice", options: FAILURES },
    { name: "origin", label: "URL's origin", kind: "text" },
    { name: "flow", label: "Flow", kind: "text", options: flows },
    { name: "since", label: "Since", kind: "moment" },
    { name: "until", label: "Until", kind: "moment" },
  ];
}

/** The filter as the API takes it. */
export function asQuery({ status, ...others }: Filter) {
  return { ...others, ...(status ? { status: Number(status) } : {}) };
}
