import type { Field } from "../../ui/Filters";

/** What the audit log can be narrowed by. */
export const NAMES = ["author", "action", "since", "until"] as const;

const ACTIONS = [
  "create flow",
  "save draft",
  "discard draft",
  "publish flow",
  "restore flow",
  "make key",
  "revoke key",
  "add person",
  "change role",
  "remove person",
  "make link",
  "come in by link",
  "replay callout",
  "replay callouts",
  "place call",
  "hang up call",
];

export const FIELDS: readonly Field[] = [
  { name: "author", label: "Who", kind: "text" },
  { name: "action", label: "What", kind: "choice", options: ACTIONS },
  { name: "since", label: "Since", kind: "moment" },
  { name: "until", label: "Until", kind: "moment" },
];
