import type { Field } from "../../ui/Filters";

/** What calls can be narrowed by: all that the API knows. */
export const NAMES = ["from", "to", "state", "flow", "since", "until"] as const;
export type Filter = Partial<Record<(typeof NAMES)[number], string>>;

export const STATES = ["ringing", "in-progress", "completed", "unanswered"] as const;

export function fields(flows: readonly string[]): Field[] {
  return [
    { name: "from", label: "From", kind: "text" },
    { name: "to", label: "To", kind: "text" },
    { name: "state", label: "State", kind: "choice", options: STATES },
    { name: "flow", label: "Flow", kind: "text", options: flows },
    { name: "since", label: "Since", kind: "moment" },
    { name: "until", label: "Until", kind: "moment" },
  ];
}
